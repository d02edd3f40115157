/** The style sheet of the report. Two themes; the system's wish counts until a reader chooses. */

const light = `color-scheme:light;--page:#fbfbf9;--surface:#ffffff;--sunk:#f2f2ee;--text:#1a1d21;--quiet:#565d66;--line:#dcdcd5;--strong-line:#b9bab2;--accent:#1f5fc4;--good:#1c6b3f;--good-ground:#e5f3ea;--bad:#ad2318;--bad-ground:#fbe9e6;--warn:#7d5200;--warn-ground:#fbf0d9;--focus:#1f5fc4;
--p0:#2f6fd0;--p1:#0f8f86;--p2:#c07a12;--p3:#8a52c7;--p4:#3c8c46;--p5:#c64a7c;--p6:#b5482f;--p7:#5c6f86;--p8:#8d939b`;

const dark = `color-scheme:dark;--page:#101318;--surface:#171b21;--sunk:#1e232b;--text:#e9ecf0;--quiet:#a7b0bb;--line:#2c333d;--strong-line:#4a5462;--accent:#86b4ff;--good:#7ed6a0;--good-ground:#14291d;--bad:#ff9b8f;--bad-ground:#321815;--warn:#f0c471;--warn-ground:#2c220f;--focus:#86b4ff;
--p0:#5f9bf5;--p1:#35b8ae;--p2:#e0a044;--p3:#b387ee;--p4:#68bd74;--p5:#ec7fab;--p6:#e27d62;--p7:#8ea2bb;--p8:#9aa1aa`;

const parts = Array.from(
  { length: 9 },
  (_, index) => `.part-${index}{fill:var(--p${index});background:var(--p${index})}`,
).join("");

export const style = `
:root{${light}}
@media (prefers-color-scheme:dark){:root:not([data-theme=light]){${dark}}}
:root[data-theme=dark]{${dark}}
*,*::before,*::after{box-sizing:border-box}
html{scroll-padding-top:5rem;-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--text);font:400 1rem/1.6 -apple-system,BlinkMacSystemFont,"Segoe UI",Inter,Roboto,"Helvetica Neue",Arial,"Liberation Sans",sans-serif;font-variant-numeric:tabular-nums}
[hidden]{display:none!important}
.wrap{max-width:73.5rem;margin-inline:auto;padding-inline:clamp(1rem,4vw,2rem)}
a{color:var(--accent);text-underline-offset:.15em}
:focus-visible{outline:3px solid var(--focus);outline-offset:2px;border-radius:3px}
main:focus{outline:none}
.skip{position:absolute;left:-9999px;top:0;background:var(--surface);padding:.5rem 1rem;z-index:20}
.skip:focus{left:1rem;top:.5rem}
code{font:.86em/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;overflow-wrap:anywhere}

.top{position:sticky;top:0;z-index:10;background:var(--page);border-bottom:1px solid var(--line)}
.top .wrap{display:flex;align-items:center;gap:.25rem 1.5rem;min-height:3.25rem;flex-wrap:wrap;padding-block:.4rem}
.brand{margin:0;white-space:nowrap}
.top nav{flex:1 1 auto;min-width:0}
.top ul{display:flex;gap:.25rem 1.1rem;margin:0;padding:0;list-style:none;flex-wrap:wrap}
.top nav a{color:var(--quiet);text-decoration:none;font-size:.92rem;display:inline-block;padding-block:.2rem}
.top nav a:hover{color:var(--text);text-decoration:underline}
button,select,input{font:inherit;font-size:.92rem;color:var(--text);background:var(--surface);border:1px solid var(--strong-line);border-radius:6px;padding:.3rem .6rem;min-height:2.2rem}
button{cursor:pointer}
button:hover{background:var(--sunk)}

.hero{margin-block:clamp(1.5rem,5vw,3rem) 1rem;padding:clamp(1.25rem,4vw,2.5rem);border-radius:14px;border:1px solid var(--line);background:var(--surface);border-top:5px solid var(--edge)}
.hero.good{--edge:var(--good)}
.hero.stop{--edge:var(--bad)}
.eyebrow{margin:0;color:var(--quiet);font-size:.92rem}
h1{margin:.2rem 0 .4rem;font-size:clamp(1.9rem,1.2rem + 3.2vw,3.2rem);line-height:1.1;letter-spacing:-.025em;font-weight:700;text-wrap:balance;overflow-wrap:anywhere}
.hero h1{color:var(--edge)}
.why{margin:0;font-size:1.1rem;max-width:60ch;overflow-wrap:anywhere}
.broken{margin:1rem 0 0;padding:0;list-style:none}
.broken li{padding:.6rem .9rem;margin-top:.5rem;border-radius:8px;background:var(--bad-ground);overflow-wrap:anywhere}
.broken strong{color:var(--bad);display:block}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));gap:1.25rem;margin:1.8rem 0 0;padding-top:1.4rem;border-top:1px solid var(--line)}
.figures dt{color:var(--quiet);font-size:.88rem}
.figures dd{margin:0}
.figures .value{display:block;font-size:1.65rem;line-height:1.25;font-weight:700;letter-spacing:-.015em}
.figures .note{color:var(--quiet);font-size:.92rem}

section{padding-block:clamp(1.5rem,4vw,2.75rem);border-bottom:1px solid var(--line)}
section:last-of-type{border-bottom:0}
h2{margin:0 0 .6rem;font-size:clamp(1.45rem,1.2rem + 1vw,1.9rem);line-height:1.2;letter-spacing:-.015em;font-weight:700}
h3{margin:1.8rem 0 .4rem;font-size:1.1rem;line-height:1.35}
p{max-width:75ch}
p,li,dd,summary,figcaption{overflow-wrap:anywhere}
.lead{font-size:1.08rem;margin-top:0}
.quiet{color:var(--quiet)}
.bad{color:var(--bad)}

.scroll{position:relative;overflow-x:auto;margin-block:1rem;max-width:100%}
table{border-collapse:collapse;width:100%;font-size:.94rem}
caption{text-align:left;color:var(--quiet);font-size:.88rem;padding-bottom:.35rem}
th,td{padding:.5rem .9rem .5rem 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
th:last-child,td:last-child{padding-right:0}
thead th{font-weight:600;font-size:.85rem;color:var(--quiet);border-bottom-color:var(--strong-line);white-space:nowrap}
tbody th{font-weight:600}
tbody tr:hover{background:var(--sunk)}
.num{text-align:right;white-space:nowrap}
.description{display:block;color:var(--quiet);font-weight:400;font-size:.88rem;max-width:70ch}

figure{margin:1.25rem 0}
figcaption{color:var(--quiet);font-size:.88rem}
.bar{display:block;width:100%;height:46px}
.bar .rest{fill:var(--sunk)}
.bar .limit{fill:var(--text)}
.mini{display:block;width:100%;min-width:5rem;height:8px;margin-top:.5rem}
.swatch{display:inline-block;width:.75rem;height:.75rem;border-radius:3px;margin-right:.55rem}
${parts}

.picture{border:1px solid var(--line);border-radius:12px;margin-inline:0}
.picture svg{display:block;width:100%;min-width:56rem;height:auto}

details>summary{cursor:pointer;padding:.45rem 0;font-weight:600}
.fold{padding:.2rem 0 .8rem}
section>details{border-top:1px solid var(--line)}
section>details+details{margin-top:0}

.filters{display:flex;flex-wrap:wrap;gap:.6rem 1rem;align-items:end;margin:1rem 0 0;max-width:none}
.filters label{display:grid;gap:.2rem;font-size:.85rem;color:var(--quiet)}
.filters .wide{flex:1 1 14rem}
.filters input{width:100%;min-width:0}
.findings{list-style:none;margin:.5rem 0 0;padding:0;display:grid;gap:.8rem}
.finding{border:1px solid var(--line);border-left:4px solid var(--edge,var(--strong-line));border-radius:10px;background:var(--surface);padding:1rem 1.1rem;min-width:0}
.finding.mandatory{--edge:var(--bad)}
.finding.advisory,.finding.undetermined{--edge:var(--warn)}
.finding h3{margin:0;font-size:1.02rem;overflow-wrap:anywhere}
.finding h3 code{color:var(--quiet);font-weight:400}
.badges{display:flex;flex-wrap:wrap;gap:.35rem;margin:.45rem 0}
.badge{display:inline-block;font-size:.8rem;line-height:1.35;padding:.1rem .5rem;border-radius:99px;background:var(--sunk);color:var(--text);overflow-wrap:anywhere}
.badge.mandatory,.badge.removed{background:var(--bad-ground);color:var(--bad)}
.badge.advisory,.badge.undetermined,.badge.changed{background:var(--warn-ground);color:var(--warn)}
.badge.added,.badge.excepted{background:var(--good-ground);color:var(--good)}
.finding dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:0}
.finding dt{color:var(--quiet);font-size:.9rem}
.finding dd{margin:0;min-width:0;overflow-wrap:anywhere}

.tree{font-size:.93rem;margin-top:.6rem}
.tree summary,.tree .leaf{padding:.22rem 0;margin:0;max-width:none;overflow-wrap:anywhere}
.tree summary{font-weight:400}
.tree .name{font-weight:600}
.tree code{color:var(--quiet)}
.tree details>div{margin-left:.45rem;padding-left:1rem;border-left:1px solid var(--line)}
.tree .leaf{padding-left:1.05rem}

footer{padding-block:1.5rem 3rem;color:var(--quiet);font-size:.9rem}

@media (max-width:40rem){
.top{position:static}
.top nav{order:3;flex-basis:100%}
.theme{margin-left:auto}
table,tbody,caption,tr,tbody th,td{display:block}
thead{position:absolute;left:0;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
tr{padding:.6rem 0;border-bottom:1px solid var(--line)}
th,td{border:0;padding:0}
td{display:flex;justify-content:space-between;gap:1rem;text-align:right}
td:empty{display:none}
td::before{content:attr(data-label);color:var(--quiet);font-size:.88rem;text-align:left;flex:none}
.num{white-space:normal}
.mini{width:8rem}
html{scroll-padding-top:1rem}
.finding dl{grid-template-columns:1fr;gap:0}
.finding dt{margin-top:.35rem}
.figures{grid-template-columns:repeat(2,minmax(0,1fr));gap:1rem}
.figures .value{font-size:1.25rem}
}
@media (prefers-reduced-motion:no-preference){html{scroll-behavior:smooth}}
@media print{
:root,:root[data-theme=dark]{${light}}
.top,.skip,.filters,footer{display:none}
body{font-size:10pt}
.hero,section,.finding,tr{break-inside:avoid-page}
section{break-inside:auto}
.scroll{overflow:visible}
.picture svg{min-width:0;max-height:24cm}
}
`;
