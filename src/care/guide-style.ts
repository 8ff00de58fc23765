/** How the pages of care guides look: the colours of their drawings, one column on a phone, two on a desk. */
export const STYLE = `
:root { color-scheme: light; --ink: #23403d; --teal: #2b5f5a; --soft: #5d7a75; --paper: #f7f4ee; --line: #e4ded2; --coral: #c44a32; --blush: #fdf0ec; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1040px; padding: 0 16px calc(32px + env(safe-area-inset-bottom)); background: var(--paper); color: var(--ink);
  font: 17px/1.75 -apple-system, "PingFang SC", "HarmonyOS Sans SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", sans-serif; overflow-wrap: anywhere; }
header { padding: 28px 4px 18px; }
.store { margin: 0; color: var(--soft); font-size: 15px; }
h1 { margin: 2px 0 0; font-size: 30px; line-height: 1.3; font-weight: 600; color: var(--teal); }
.when { margin: 4px 0 0; font-size: 17px; }
main { display: grid; gap: 16px; }
.card { margin: 0; padding: 18px 20px; background: #fff; border: 1px solid var(--line); border-radius: 16px; }
.card p { margin: 0; }
.card p + p { margin-top: 10px; }
.words ul { margin: 0; padding: 0; list-style: none; display: grid; gap: 12px; }
.words li { position: relative; padding-left: 20px; }
.words li::before { content: ""; position: absolute; left: 2px; top: .7em; width: 8px; height: 8px; border-radius: 50%; background: #8fbfb4; }
.drawings { display: grid; grid-template-columns: 1fr 1fr; gap: 12px; }
figure { text-align: center; padding: 14px 10px 12px !important; }
figure:only-child { grid-column: 1 / -1; }
figure svg { display: block; width: 100%; max-width: 168px; height: auto; margin: 0 auto 8px; }
figcaption { font-size: 15px; line-height: 1.5; }
.urgent { background: var(--blush); border-color: #f2c9bd; }
h2 { margin: 0 0 4px; font-size: 17px; color: var(--coral); }
.urgent a { color: var(--coral); font-weight: 600; white-space: nowrap; }
.call { margin: 0; padding: 0 4px; }
a { color: var(--teal); }
nav { display: flex; flex-wrap: wrap; gap: 8px; margin: 24px 0 0; }
nav a, nav span { min-height: 44px; padding: 8px 14px; border: 1px solid var(--line); border-radius: 22px; background: #fff; font-size: 15px; text-decoration: none; }
nav span { background: var(--teal); border-color: var(--teal); color: #fff; }
a:focus-visible { outline: 3px solid #8fbfb4; outline-offset: 2px; }
footer { margin: 20px 4px 0; color: var(--soft); font-size: 14px; }
@media (min-width: 820px) {
  body { padding-inline: 32px; }
  header { padding-top: 48px; }
  h1 { font-size: 36px; }
  main { grid-template-columns: 3fr 2fr; align-items: start; gap: 20px; }
  .words { padding: 26px 28px; }
  .words:only-child, .words:not(:has(+ .drawings)) { grid-column: 1 / -1; }
  .drawings { grid-row: span 3; }
  .urgent, .call { grid-column: 1; }
}
`
