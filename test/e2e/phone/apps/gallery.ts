/** A page for every component of TDesign, written as an app of its own: what a package's next version breaks, breaks here first. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const PACKAGE = 'node_modules/tdesign-miniprogram/miniprogram_dist'
const NOT_COMPONENTS = ['common', 'locale', 'miniprogram_npm', 'mixins']

/** What a component needs to show itself. Those that open over a page are opened once the page is there, as a tap would. */
const ATTRIBUTES: Record<string, string> = {
  'action-sheet': `visible="{{on}}" items="{{['a', 'b']}}"`,
  badge: 'count="3"',
  button: 'theme="primary"',
  calendar: 'visible="{{on}}"',
  cascader: 'visible="{{on}}" options="{{options}}"',
  cell: 'title="T" note="n" arrow',
  'chat-content': `content="{{{ type: 'text', data: 'words' }}}"`,
  'checkbox-group': 'options="{{choices}}"',
  'count-down': 'time="{{100000}}"',
  'date-time-picker': 'visible="{{on}}" mode="date" title="d"',
  dialog: 'visible="{{on}}" title="T" confirm-btn="ok"',
  divider: 'content="d"',
  empty: 'description="e"',
  fab: 'text="f"',
  footer: 'text="f"',
  icon: 'name="add"',
  image: 'src="data:,"',
  input: 'label="L" placeholder="p"',
  link: 'content="l"',
  loading: 'text="l"',
  navbar: 'title="n"',
  'notice-bar': 'visible content="hello"',
  overlay: 'visible="{{on}}"',
  picker: 'visible="{{on}}" title="p"',
  popup: 'visible="{{on}}"',
  progress: 'percentage="40"',
  qrcode: 'value="hi"',
  'radio-group': 'options="{{choices}}"',
  rate: 'default-value="{{3}}"',
  result: 'title="r"',
  search: 'placeholder="s"',
  slider: 'value="30"',
  stepper: 'value="2"',
  steps: 'current="1"',
  swiper: `list="{{['data:,', 'data:,']}}"`,
  textarea: 'label="t" placeholder="x"',
  'tree-select': 'options="{{options}}"',
  upload: 'files="{{[]}}"',
}

const PAGE = `Page({
  data: {
    on: false,
    choices: [{ label: 'a', value: 1 }, { label: 'b', value: 2 }],
    options: [{ label: 'a', value: 'a', children: [{ label: 'b', value: 'b' }] }],
  },
  onReady() {
    this.setData({ on: true })
  },
})
`

/** Writes the app; answers the names of the components, a page each at `/pages/<name>/<name>`. */
export function writeGallery(root: string): string[] {
  const names = readdirSync(PACKAGE, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !NOT_COMPONENTS.includes(entry.name))
    .map(({ name }) => name)
    .sort()
  const write = (path: string, content: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), content)
  }
  write('app.json', JSON.stringify({ pages: ['start', ...names].map(pageOf) }))
  write('app.js', 'App({})')
  write('pages/start/start.js', 'Page({})')
  write('pages/start/start.wxml', '<view>start</view>')
  for (const name of names) {
    const page = pageOf(name)
    write(`${page}.js`, PAGE)
    write(`${page}.json`, JSON.stringify({ usingComponents: { [`t-${name}`]: `tdesign-miniprogram/${name}/${name}` } }))
    write(`${page}.wxml`, `<t-${name} ${ATTRIBUTES[name] ?? ''}>slot</t-${name}>`)
  }
  return names
}

export const pageOf = (name: string): string => `pages/${name}/${name}`
