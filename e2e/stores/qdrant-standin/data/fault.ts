// Refusals in Qdrant's words. The text starts with its class, which also decides the status.
// `parsing` refusals come before any work: their time is exactly 0.0.

/** A request that is answered with an error. */
export class ApiFault extends Error {
  readonly status: number;
  readonly parsing: boolean;

  constructor(status: number, text: string, parsing = false) {
    super(text);
    this.status = status;
    this.parsing = parsing;
  }
}

export function wrongInput(text: string): ApiFault {
  return new ApiFault(400, `Wrong input: ${text}`);
}

export function noCollection(name: string): ApiFault {
  return new ApiFault(404, `Not found: Collection \`${name}\` doesn't exist!`);
}

/** What Qdrant has and this server hasn't: refused openly, never answered wrongly. */
export function notInStandIn(what: string): ApiFault {
  return new ApiFault(501, `Not implemented: the stand-in has no ${what}`, true);
}
