/** Boxes, words, links, and what else has no life of its own. */
import { make } from '../dom.ts'
import { type Builder, HOVER, hoverable, onTap, text } from './define.ts'

/** Shown as boxes: what they do beyond that, the program here does not use. */
const BOXES = [
  'cover-view',
  'swiper-item',
  'picker-view-column',
  'movable-area',
  'movable-view',
  'page-container',
  'root-portal',
  'page-meta',
  'match-media',
  'share-element',
  'sticky-section',
  'sticky-header',
  'grid-view',
  'list-view',
]

const ICONS: Record<string, string> = {
  success: '✔',
  warn: '!',
  info: 'i',
  search: '⌕',
  clear: '✕',
  cancel: '✕',
  download: '↓',
  waiting: '…',
}

const GO = {
  navigate: 'navigateTo',
  redirect: 'redirectTo',
  switchTab: 'switchTab',
  reLaunch: 'reLaunch',
  navigateBack: 'navigateBack',
} as const

interface RichNode {
  type?: string
  text?: string
  name?: string
  attrs?: Record<string, unknown>
  children?: RichNode[]
}

export function registerBasics({ define }: Builder): void {
  define('view', {
    props: HOVER,
    setUp(component, host) {
      hoverable(component, host)
      return {}
    },
  })
  for (const tag of BOXES) define(tag)
  define('text', { props: { selectable: Boolean, userSelect: Boolean, space: String, decode: Boolean } })
  define('icon', {
    props: { type: String, size: null, color: String },
    setUp: (_, host) => ({
      watch: {
        type: (value) => {
          host.textContent = ICONS[text(value)] ?? ''
        },
      },
    }),
  })
  define('navigator', {
    props: {
      ...HOVER,
      url: String,
      openType: { type: String, value: 'navigate' },
      delta: { type: Number, value: 1 },
    },
    setUp(component, host) {
      host.setAttribute('role', 'link')
      hoverable(component, host, 'navigator-hover')
      onTap(component, () => {
        const { openType, url, delta } = component.data
        const name = GO[openType as keyof typeof GO]
        const go = name && (wx[name] as (options: { url: string; delta: number }) => Promise<unknown>)
        if (go) void go({ url: text(url), delta: Number(delta) })
      })
      return {}
    },
  })
  define('progress', {
    props: {
      percent: Number,
      showInfo: Boolean,
      strokeWidth: null,
      activeColor: String,
      backgroundColor: String,
      active: Boolean,
    },
    setUp(_, host) {
      const bar = make('progress', { max: 100 })
      host.append(bar)
      return {
        watch: {
          percent: (value) => {
            bar.value = Number(value)
          },
        },
      }
    },
  })
  define('rich-text', {
    props: { nodes: null, space: String },
    setUp: (_, host) => ({
      watch: {
        nodes: (value) => {
          if (Array.isArray(value)) host.replaceChildren(...(value as RichNode[]).map(richNode))
          else host.replaceChildren(...sanitised(text(value)))
        },
      },
    }),
  })
  define('web-view', {
    props: { src: String },
    setUp(_, host) {
      const frame = make('iframe')
      host.append(frame)
      return {
        watch: {
          src: (value) => {
            frame.src = text(value)
          },
        },
      }
    },
  })
}

function richNode({ type, text: words, name = 'div', attrs = {}, children = [] }: RichNode): Node {
  if (type === 'text') return document.createTextNode(words ?? '')
  const element = document.createElement(name)
  for (const [attribute, value] of Object.entries(attrs))
    if (!/^on/i.test(attribute)) element.setAttribute(attribute, text(value))
  element.append(...children.map(richNode))
  return element
}

/** Rich text runs no scripts, in WeChat as here. */
function sanitised(html: string): ChildNode[] {
  const { body } = new DOMParser().parseFromString(html, 'text/html')
  for (const node of body.querySelectorAll('script,iframe,object,embed')) node.remove()
  for (const node of body.querySelectorAll('*'))
    for (const { name } of [...node.attributes]) if (/^on/i.test(name)) node.removeAttribute(name)
  return [...body.childNodes]
}
