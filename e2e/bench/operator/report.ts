// From figures to the rows of the operator's table. Pure.
import { amount, most, type Row } from "../report/rows.ts";
import type { Acknowledged } from "./acknowledge.ts";
import type { BusyFigures } from "./busy-migrations.ts";
import type { ManyFigures } from "./many-migrations.ts";
import type { Takeovers } from "./takeovers.ts";

export function acknowledgeRow({ intentToAllMs, pods }: Acknowledged, demanded: number): Row {
  const seconds = intentToAllMs.map((ms) => ms / 1000);
  const n = intentToAllMs.length;
  const slowest = n === 0 ? Number.NaN : Math.max(...seconds);
  const what = `s, intent to roll back → every one of ${pods} pods acknowledges the source, slowest run`;
  return { id: "K2", parts: [amount(what, slowest, most(15), { n: pods >= demanded ? n : 0 })] };
}

export function takeoverRow({ trials, voided }: Takeovers, demanded: number): Row {
  const n = trials.length;
  const late = trials.flatMap((trial) => trial.late).length;
  const lowering = trials.flatMap((trial) => trial.lowering).length;
  const sent = trials.reduce((sum, { sentAfter }) => sum + sentAfter, 0);
  const slowestMs = Math.max(...trials.map(({ takeoverMs }) => takeoverMs));
  const written = (what: string, value: number) => amount(what, value, most(0), { n, enough: demanded });
  return {
    id: "K4",
    parts: [
      written("writes accepted from a deposed leader after its successor's first to that object", late),
      written("overlay writes accepted with a lower epoch", lowering),
      amount("writes that deposed leaders sent at all", sent, null, { n }),
      amount("s, takeover with a lease of 2 s, slowest", slowestMs / 1000, null, { n }),
      amount("trials begun that prove nothing", voided.length, null, { n: n + voided.length }),
    ],
  };
}

export function manyRow({ requeueMs, keptMib, idle }: ManyFigures, sizes: { few: number; many: number }): Row {
  const { few, many } = sizes;
  const perThousand = (mib: number, migrations: number): number => (mib * 1000) / migrations;
  const growth = keptMib.many - keptMib.none;
  const slope = perThousand(keptMib.many - keptMib.few, many - few);
  const all = { n: many, enough: 1000 };
  const slowest = Math.max(...requeueMs) / 1000;
  const requests = idle.beyond / few / idle.minutes;
  return {
    id: "K5",
    parts: [
      amount(`s, ${many} migrations woken at once, all reconciled, slowest start`, slowest, most(5), all),
      amount(`MiB of heap + external per 1,000 migrations, slope from ${few} to ${many}`, slope, most(4), all),
      amount(`MiB, growth from no migration to ${many}, code that ran for the first time included`, growth, null, all),
      amount("API requests per idle migration and minute, beyond watch and lease", requests, most(0), { n: few }),
    ],
  };
}

export function memoryRow({ idle }: ManyFigures, few: number): Row {
  const what = `MiB, RSS of the idle operator beside ${few} finished migrations (stretch 160)`;
  return { id: "K7", parts: [amount(what, idle.rssMib, most(200), { n: few, enough: 200 })] };
}

export function busyRows({ requestsPerSecond, reconcileSeconds, stallMs }: BusyFigures, sizes: BusySizes): Row[] {
  const { idle, sampling, pods } = sizes;
  const times = `s, a reconcile of ${pods} pods of which a third never answers, slowest`;
  const requests = `API requests per second, ${idle} idle and ${sampling} sampled migrations`;
  const enough = { n: reconcileSeconds.length, enough: pods >= 1000 ? 3 : Number.POSITIVE_INFINITY };
  return [
    {
      id: "E6",
      parts: [
        amount(times, reconcileSeconds.length === 0 ? Number.NaN : Math.max(...reconcileSeconds), most(4), enough),
        amount(requests, requestsPerSecond, most(25), { n: sampling, enough: 50 }),
      ],
    },
    {
      id: "E7",
      parts: [
        amount("ms, longest wait of a listener beside bases of 1 MiB of keys", stallMs, most(50), { n: sampling }),
      ],
    },
  ];
}

type BusySizes = { readonly idle: number; readonly sampling: number; readonly pods: number };
