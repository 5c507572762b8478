"""The style sheet of the page: one look for light and dark, on a screen and on paper."""

__all__ = ["STYLE"]

STYLE = """
:root { color-scheme: light dark;
  --page: #f6f7f8; --card: #ffffff; --ink: #1b2026; --soft: #5d6773; --rule: #e2e6ea;
  --line: #1f5fbf; --fill: #1f5fbf22; --loss: #b3261e; --loss-fill: #b3261e22; --gain: #17703f;
  --warm: #8a5a00; --warm-fill: #fff4dc; --warm-rule: #e8c988; --third: #6b5bb5; --third-fill: #6b5bb522; }
@media (prefers-color-scheme: dark) { :root {
  --page: #121518; --card: #1a1f24; --ink: #e6e9ec; --soft: #98a3ae; --rule: #2c343c;
  --line: #6ea8fe; --fill: #6ea8fe22; --loss: #ff8a80; --loss-fill: #ff8a8022; --gain: #6fd39b;
  --warm: #ffd27a; --warm-fill: #33290f; --warm-rule: #6b5620; --third: #b3a5f5; --third-fill: #b3a5f522; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { font-size: 26px; line-height: 1.25; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 17px; margin: 36px 0 10px; }
h3 { font-size: 13px; margin: 0 0 8px; color: var(--soft); font-weight: 600; }
p { margin: 6px 0; }
.lead, .note { color: var(--soft); overflow-wrap: anywhere; }
.note { font-size: 13px; }
.card { background: var(--card); border: 1px solid var(--rule); border-radius: 8px; padding: 16px 18px; }
.cards { display: grid; gap: 12px; grid-template-columns: repeat(auto-fit, minmax(132px, 1fr)); margin: 20px 0; }
.cards .card { padding: 12px 14px; }
.cards b { display: block; font-size: 20px; font-weight: 600; font-variant-numeric: tabular-nums; white-space: nowrap; }
.cards span { color: var(--soft); font-size: 13px; }
.groups { display: grid; gap: 12px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); }
.warning { background: var(--warm-fill); border: 1px solid var(--warm-rule); border-radius: 8px;
  padding: 10px 16px; margin: 12px 0; overflow-wrap: anywhere; }
.warning b { color: var(--warm); }
.verdict { border-left: 4px solid var(--warm); background: var(--card); padding: 10px 16px; font-weight: 600;
  overflow-wrap: anywhere; }
.verdict.good { border-color: var(--gain); }
.verdict.bad { border-color: var(--loss); }
.overlap { display: inline-block; font-style: normal; font-size: 11px; color: var(--warm); }
.cards .overlap { display: block; }
.notes { color: var(--soft); font-size: 13px; padding-left: 18px; }
.gain { color: var(--gain); }
.loss { color: var(--loss); }
dl { display: grid; grid-template-columns: auto 1fr; gap: 3px 16px; margin: 0; }
dt { color: var(--soft); }
dd { margin: 0; text-align: right; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.wide dl { grid-template-columns: 140px 1fr; }
.wide dd { text-align: left; }
.scroll { overflow-x: auto; padding: 4px 0; }
table { border-collapse: collapse; width: 100%; font-size: 13.5px; font-variant-numeric: tabular-nums; }
th { text-align: left; color: var(--soft); font-weight: 600; white-space: nowrap; }
th, td { padding: 6px 14px; border-bottom: 1px solid var(--rule); vertical-align: top; }
tbody tr:last-child td { border-bottom: 0; }
td { white-space: nowrap; }
.number { text-align: right; }
td.text { white-space: normal; min-width: 260px; overflow-wrap: anywhere; }
td.text code { display: block; color: var(--soft); }
code { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; font-size: 12px; }
details { margin: 10px 0; }
summary { cursor: pointer; color: var(--line); }
.traces { columns: 3; font-size: 12px; padding: 10px 18px; margin: 0; list-style: none; }
.chart { display: block; width: 100%; height: auto; font-size: 12px; }
.chart text { fill: var(--soft); font-family: inherit; }
.chart .panel { fill: var(--ink); font-weight: 600; font-size: 13px; }
.chart .value { text-anchor: end; }
.chart .time { text-anchor: middle; }
.chart .grid { stroke: var(--rule); stroke-width: 1; }
.chart .base { stroke: var(--soft); stroke-width: 1; stroke-dasharray: 3 3; }
.chart .line { fill: none; stroke-width: 1.5; stroke-linejoin: round; }
.chart .line.equity { stroke: var(--line); }
.chart .line.drawdown { stroke: var(--loss); }
.chart .line.exposure { stroke: var(--third); stroke-width: 1; }
.chart .area { stroke: none; }
.chart .area.equity { fill: var(--fill); }
.chart .area.drawdown { fill: var(--loss-fill); }
.chart .area.exposure { fill: var(--third-fill); }
.chart .halt { stroke: var(--warm); stroke-width: 1.5; stroke-dasharray: 5 3; }
.chart .halts text { fill: var(--warm); font-weight: 600; }
@media (max-width: 640px) { main { padding: 20px 14px 48px; } .traces { columns: 1; } }
@media print { body { background: none; } .card, table { break-inside: avoid; } }
"""
