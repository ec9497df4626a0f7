// The page's style: two palettes, by what the reader's system prefers. No font, image or script from anywhere.

const light = `--ground:#fbfbfa;--card:#fff;--ink:#1b1f24;--soft:#5b6570;--line:#e2e5e9;--grid:#eceef1;
--good:#1a7f4b;--bad:#c3352b;--warn:#945600;--curve:#2557a7;--fill:#2557a722;--traffic:#7b8794;--event:#b26a00;--band:#f4a83424;
--quiet:#cfd5dc;--warm:#b9d6f2;--ramp:#7fb2e5;--wait:#f2cf7f;--cut:#c3a6e8;--guard:#9fd8c4;--done:#4fb286;--back:#f0a08a;--gone:#d9574a`;
const dark = `--ground:#111418;--card:#181c21;--ink:#e7ebef;--soft:#9aa5b1;--line:#2c333b;--grid:#232930;
--good:#55c391;--bad:#ff7a6e;--warn:#f0b04c;--curve:#86b6ff;--fill:#86b6ff2b;--traffic:#7b8794;--event:#f0b04c;--band:#f0b04c1c;
--quiet:#3a434d;--warm:#2a4a6b;--ramp:#2f6196;--wait:#7a5a16;--cut:#5f4488;--guard:#1f5f4c;--done:#2a8a5f;--back:#8d4331;--gone:#a93a30`;

const phaseColours: Readonly<Record<string, string>> = {
  Pending: "quiet",
  Preflight: "quiet",
  AwaitingApproval: "quiet",
  WarmUp: "warm",
  Ramp: "ramp",
  AwaitingCutover: "wait",
  CuttingOver: "cut",
  Guard: "guard",
  Completed: "done",
  Validated: "done",
  RollingBack: "back",
  VerifyingDrift: "back",
  RolledBack: "gone",
};

const phaseRules = Object.entries(phaseColours)
  .map(([phase, colour]) => `.p-${phase}{fill:var(--${colour})}`)
  .join("");

/** The page's style sheet. */
export const pageStyle = `:root{color-scheme:light dark;${light}}
@media (prefers-color-scheme:dark){:root{${dark}}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif}
main{max-width:1320px;margin:0 auto;padding:28px 24px 56px}
header{overflow-wrap:anywhere}header p{margin:2px 0;color:var(--soft)}
h1{font-size:26px;line-height:1.25;margin:0 0 2px;letter-spacing:-.01em;text-wrap:balance}
h2{font-size:17px;margin:34px 0 10px}
header.good,header.bad,header.warn{border-left:5px solid var(--good);padding-left:14px}header.bad{border-color:var(--bad)}header.warn{border-color:var(--warn)}
.facts,.tiles{display:flex;flex-wrap:wrap;gap:10px;margin:20px 0 18px;padding:0;list-style:none}
.facts li,.tiles li{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:9px 16px 10px;min-width:128px;overflow-wrap:anywhere}
.facts span,.tiles span{display:block;font-size:12px;color:var(--soft)}
.facts strong,.tiles strong{font-size:19px;font-weight:620;font-variant-numeric:tabular-nums}
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(228px,1fr))}.tiles b{font-size:13px}.tiles small{display:block;color:var(--soft)}
.good strong,.good b,tr.good td.r{color:var(--good)}.bad strong,.bad b,tr.bad td.r{color:var(--bad)}.warn strong,.warn b,tr.warn td.r{color:var(--warn)}
figure{margin:0;background:var(--card);border:1px solid var(--line);border-radius:14px;padding:16px 8px 8px}
figcaption{font-size:13px;color:var(--soft);padding:6px 16px 8px}
details{padding:2px 16px 8px;overflow-x:auto}summary{font-size:13px;cursor:pointer}details table{margin-top:8px}
pre{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:10px 14px;font-size:13px;white-space:pre-wrap;overflow-wrap:anywhere}
svg{display:block;width:100%;height:auto;font:12px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
svg.narrow{display:none}svg .above{font-size:11px;fill:var(--soft)}
svg.bar{max-width:260px;margin:4px 0}.bar .interval{fill:var(--curve);opacity:.35}.bar .value{fill:var(--ink)}.bar .limit{stroke-dasharray:none;stroke-width:2}
svg text{fill:var(--ink)}
.name{text-anchor:end;font-weight:600}.unit{text-anchor:end;font-size:11px;fill:var(--soft)!important}
.row{stroke:var(--line)}.tick{stroke:var(--grid)}.tick-word{text-anchor:middle;fill:var(--soft)!important}.tick-word.end{text-anchor:end}
.guide{stroke:var(--line);stroke-dasharray:2 4}.guide-word,.limit-word{font-size:11px;fill:var(--soft)!important}
.line{fill:none;stroke:var(--curve);stroke-width:1.5;stroke-linejoin:round}.line.traffic{stroke:var(--traffic)}
.area{fill:var(--fill)}.area.traffic{fill:var(--traffic);opacity:.18}
.limit{fill:none;stroke:var(--bad);stroke-dasharray:5 4;stroke-width:1.2}.limit-word{fill:var(--bad)!important}
.over{fill:var(--bad);opacity:.34}
${phaseRules}
.shade{opacity:.1}.phase text{text-anchor:middle;font-weight:600}
.serves text{text-anchor:middle;font-size:11px;font-weight:600}.s-source rect{fill:var(--quiet)}.s-destination rect{fill:var(--guard)}
.band{fill:var(--band)}
.mark line{stroke:var(--soft);stroke-opacity:.45}.mark circle{fill:var(--card);stroke:var(--soft)}.mark text{text-anchor:middle;font-size:10px;font-weight:650}
.mark.event line{stroke:var(--event);stroke-opacity:.8}.mark.event rect{fill:var(--event)}.mark.event text,.mark.alarm text{fill:var(--card)!important}
.mark.alarm line{stroke:var(--bad);stroke-opacity:.9}.mark.alarm rect{fill:var(--bad)}
table{border-collapse:collapse;width:100%;background:var(--card);border:1px solid var(--line);border-radius:12px;overflow:hidden;font-size:14px}
th,td{text-align:left;vertical-align:top;padding:7px 12px;border-bottom:1px solid var(--line)}
tr:last-child td{border-bottom:0}th{font-size:12px;color:var(--soft);font-weight:600}
td.n,td.t{font-variant-numeric:tabular-nums;white-space:nowrap}td.n{color:var(--soft);text-align:right}
td.w{overflow-wrap:anywhere}tr.event td{background:var(--band)}tr.alarm td.r{color:var(--bad);font-weight:620}
tr.minor td{color:var(--soft)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 18px;margin:0;font-size:14px}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
@media (max-width:760px){main{padding:18px 12px 40px}svg.wide{display:none}svg.narrow{display:block}
thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}table,tbody,tr,td{display:block}
tr{border-bottom:1px solid var(--line);padding:6px 0}td{border:0;padding:1px 12px;text-align:left!important;overflow-wrap:anywhere}
td::before{content:attr(data-title) ": ";color:var(--soft);font-size:12px}td.w::before,td.r::before{content:none}td:empty{display:none}
dl{grid-template-columns:1fr}dd{margin-bottom:6px}}
@media print{:root{color-scheme:light;${light}}figure,tr,.facts li,.tiles li,pre{break-inside:avoid}details>summary{display:none}}`;
