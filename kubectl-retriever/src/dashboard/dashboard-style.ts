// The style of the dashboard, beside that of all pages.
import { pageStyle } from "@retriever/operator/page/page-style.ts";

/** The whole style sheet. */
export const dashboardStyle = `${pageStyle}
main{padding-top:8px}
a{color:var(--curve)}
:focus-visible{outline:3px solid var(--curve);outline-offset:2px}
main:focus{outline:none}
.skip{position:absolute;left:-9999px}.skip:focus{position:static}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);margin:0}
.top{max-width:1320px;margin:0 auto;padding:12px 24px 0}
.connection p{margin:4px 0}.connection strong::before{content:"● ";color:var(--good)}.connection.lost strong::before{color:var(--bad)}
.fault{background:var(--band);border-left:4px solid var(--bad);padding:6px 12px;color:var(--ink)!important;overflow-wrap:anywhere}
body[data-silent] main,body:has(.connection.lost) main{filter:grayscale(1);border-left:6px dashed var(--soft)}
h1 small{font-size:15px;font-weight:400;color:var(--soft)}h1,dd,li,td,code{overflow-wrap:break-word}td{overflow-wrap:break-word}dd,li,code,h1{min-width:0;overflow-wrap:anywhere}
dl.overview{display:grid;gap:10px;margin:16px 0 18px;grid-template-columns:repeat(auto-fit,minmax(min(240px,100%),1fr))}
.fact{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:9px 16px 10px}
.fact .value{font-size:20px;font-weight:620}.fact.good .value{color:var(--good)}.fact.bad .value{color:var(--bad)}.fact.warn .value{color:var(--warn)}
.badge{display:inline-block;border-left:6px solid var(--soft);padding-left:8px}
.b-RolledBack,.b-RollingBack,.b-VerifyingDrift{border-color:var(--bad)}.b-Completed,.b-Validated{border-color:var(--good)}
.b-AwaitingApproval,.b-AwaitingCutover{border-color:var(--warn)}.b-Guard,.b-WarmUp,.b-Ramp,.b-CuttingOver{border-color:var(--curve)}
ul.acts{list-style:none;padding:0;margin:0 0 8px;display:grid;gap:8px;grid-template-columns:repeat(auto-fit,minmax(min(380px,100%),1fr))}
ul.acts li{display:flex;gap:12px;align-items:baseline;font-size:14px}
.button{flex:none;display:inline-block;min-width:110px;text-align:center;padding:7px 14px;border:1px solid var(--curve);border-radius:8px;background:var(--card);color:var(--curve);font:inherit;font-weight:600;text-decoration:none;cursor:pointer}
.button.red{border-color:var(--bad);color:var(--card);background:var(--bad)}
.button.red.second{color:var(--bad);background:var(--card)}
.button[aria-disabled=true]{border-style:dashed;border-color:var(--line);color:var(--soft);cursor:not-allowed}
code{font-size:13px;background:var(--grid);border-radius:4px;padding:1px 5px}
ol.path{display:flex;flex-wrap:wrap;gap:6px;list-style:none;padding:0;margin:0}
ol.path li{border:1px solid var(--line);border-radius:8px;padding:4px 10px;background:var(--card)}
ol.path .done{background:var(--grid)}ol.path .broken-off{border-color:var(--bad)}ol.path .not-done{border-style:dashed}ol.path .now{border:2px solid var(--curve);font-weight:650}ol.path small{color:var(--soft);font-weight:400}
.wide{overflow-x:auto}td.why{overflow-wrap:anywhere;min-width:200px}td[role=rowheader]{font-weight:600}h3{font-size:14px;color:var(--soft);margin:12px 0 -8px}
dl.rows{grid-template-columns:minmax(120px,max-content) 1fr}
ol.story{list-style:none;padding:0;margin:8px 0;font-size:14px}ol.story li{padding:6px 10px;border-bottom:1px solid var(--line)}
ol.story .target{background:var(--band)}ol.story time{font-variant-numeric:tabular-nums}ol.story small{color:var(--soft)}
input,select,textarea{font:inherit;color:var(--ink);background:var(--card);border:1px solid var(--soft);border-radius:6px;padding:6px 10px;max-width:100%}
form label{display:block;font-weight:600}form input:not([type=checkbox]),form textarea{width:100%;max-width:640px}form .button{margin:12px 16px 0 0}
.line{font-family:ui-monospace,monospace;font-size:14px;margin:2px 0;overflow-wrap:anywhere}
@media (max-width:640px){main,.top{padding-left:14px;padding-right:14px}dl.rows{grid-template-columns:1fr}ul.acts li{flex-direction:column;gap:4px}}
@media (max-width:760px){td[role=rowheader]::before{content:none}td.none{display:none}}
@media print{.skip,#acts,#filter,label[for=filter]{display:none}}
`;
