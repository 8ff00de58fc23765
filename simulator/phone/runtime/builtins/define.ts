/** How a built-in component is made: a definition for the framework, and a part that works on its DOM element. */
import type { Component, ComponentDefinition, Data, HostElement } from '../framework.ts'
import type { Shell } from '../shell.ts'

/** One component on the page, as its neighbours see it. */
export interface Part {
  component: Component
  host: HostElement
  /** Told each value of a property, the first one included. */
  watch?: Record<string, (value: unknown) => void>
  /** A field of a form has a value. */
  value?: () => unknown
  reset?: () => void
  /** Its value goes by the name of its group. */
  isGrouped?: () => boolean
  toggle?: () => void
  focus?: () => void
  /** A group is told that a member was chosen. */
  chosen?: (member: Part) => void
  /** A form is told that a button of it was tapped. */
  submit?: () => void
  clear?: () => void
  /** What `node` of a SelectorQuery answers. */
  node?: unknown
}

export interface BuiltIn {
  props?: Data
  /** Has `name` and `value` in a form. */
  isField?: boolean
  setUp?: (component: Component, host: HostElement) => Omit<Part, 'component' | 'host'>
}

export type Define = (tag: string, builtIn?: BuiltIn) => void
export interface Builder {
  define: Define
  shell: Shell
}

const ARIA = [
  'Role',
  'Label',
  'Hidden',
  'Disabled',
  'Describedby',
  'Labelledby',
  'Roledescription',
  'Busy',
  'Live',
  'Checked',
  'Selected',
  'Expanded',
  'Modal',
  'Level',
  'Required',
  'Invalid',
  'Controls',
  'Haspopup',
  'Valuemin',
  'Valuemax',
  'Valuenow',
  'Valuetext',
].map((name) => `aria${name}`)

const parts = new WeakMap<Element, Part>()
export const partOf = (element: Element | null | undefined): Part | undefined =>
  element ? parts.get(element) : undefined
export const nodeOf = (element: Element): unknown => partOf(element)?.node
/** The nearest part around a component. */
export const around = (host: Element, tag: string): Part | undefined => partOf(host.parentElement?.closest(tag))

export function fire(component: Component, name: string, detail: unknown = {}): void {
  component.triggerEvent(name, detail, { bubbles: false, composed: false })
}
export const onTap = (component: Component, run: () => void): void => component.addListener('tap', run)

/** Values of properties come as the page gave them. */
export const text = (value: unknown): string => (value === null || value === undefined ? '' : String(value))
export const number = (value: unknown, otherwise = 0): number => {
  const read = Number.parseFloat(text(value))
  return Number.isNaN(read) ? otherwise : read
}
export const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

/** Events of the real element inside stay inside: the component has events of its own by the same names. */
export function keepInside(element: Element, ...names: string[]): void {
  for (const name of names) element.addEventListener(name, (event) => event.stopPropagation())
}

export const HOVER = {
  hoverClass: String,
  hoverStopPropagation: Boolean,
  hoverStartTime: Number,
  hoverStayTime: Number,
}
const HOVER_STAY_MS = 80
const HOVER_SEGMENT = 3

/** A class while a finger is on it. */
export function hoverable(component: Component, host: HostElement, otherwise?: string): void {
  host.addEventListener('pointerdown', () => {
    const name = text(component.data.hoverClass) || otherwise
    if (!name || name === 'none' || component.data.disabled) return
    setTimeout(() => component.setNodeClass(name, HOVER_SEGMENT))
    const ended = new AbortController()
    const end = () => {
      ended.abort()
      setTimeout(() => component.setNodeClass('', HOVER_SEGMENT), HOVER_STAY_MS)
    }
    for (const name of ['pointerup', 'pointercancel']) addEventListener(name, end, { signal: ended.signal })
  })
}

interface Animation {
  actions?: {
    option?: { transition?: { duration?: number } }
    animates?: { type: string; args: unknown[] }[]
  }[]
}
const ANIMATION_MS = 400

function animate({ $$: { style }, data }: Component): void {
  for (const { option, animates = [] } of (data.animation as Animation | null)?.actions ?? []) {
    style.transition = `all ${option?.transition?.duration ?? ANIMATION_MS}ms`
    const moves = animates
      .filter(({ type }) => type !== 'style')
      .map(({ type, args }) => `${type}(${args.map((one) => withUnit(type, one)).join(',')})`)
    if (moves.length > 0) style.transform = moves.join(' ')
    for (const { type, args } of animates) if (type === 'style') style.setProperty(text(args[0]), text(args[1]))
  }
}
function withUnit(type: string, value: unknown): string {
  if (typeof value !== 'number') return text(value)
  if (type.startsWith('translate')) return `${value}px`
  return /^(rotate|skew)/.test(type) ? `${value}deg` : String(value)
}

const ariaAttribute = (property: string): string =>
  property === 'ariaRole' ? 'role' : `aria-${property.slice('aria'.length).toLowerCase()}`

/** Where the part has a real control inside, that one gets the attribute: a name on both would name two controls. */
function showAria(component: Component, property: string): void {
  const value = component.data[property]
  const watch = parts.get(component.$$)?.watch?.[property]
  const name = ariaAttribute(property)
  if (watch) watch(value)
  else if (value === null || value === undefined || value === '') component.$$.removeAttribute(name)
  else component.$$.setAttribute(name, text(value))
}

/** What a page sets after it has gone draws nothing, as in WeChat. */
const isThere = ({ $$ }: Component): boolean => ($$ as HostElement | null) !== null

export function definitionOf(tag: string, { props = {}, isField = false, setUp }: BuiltIn): ComponentDefinition {
  return {
    is: `wx-builtin/${tag}`,
    options: { dataDeepCopy: 'none', propertyPassingDeepCopy: 'none' },
    properties: {
      ...(isField ? { name: String } : {}),
      ...props,
      hidden: Boolean,
      animation: null,
      ...Object.fromEntries(ARIA.map((name) => [name, null])),
    },
    observers: [
      {
        fields: 'hidden',
        observer() {
          if (isThere(this)) this.$$.hidden = this.data.hidden === true
        },
      },
      {
        fields: 'animation',
        observer() {
          if (isThere(this)) animate(this)
        },
      },
      ...ARIA.map((fields) => ({
        fields,
        observer(this: Component) {
          if (isThere(this)) showAria(this, fields)
        },
      })),
      ...Object.keys(props).map((fields) => ({
        fields,
        observer(this: Component) {
          if (isThere(this)) parts.get(this.$$)?.watch?.[fields]?.(this.data[fields])
        },
      })),
    ],
    lifetimes: {
      attached() {
        if (parts.has(this.$$)) return
        const part: Part = { component: this, host: this.$$, ...setUp?.(this, this.$$) }
        parts.set(this.$$, part)
        for (const [name, show] of Object.entries(part.watch ?? {})) {
          show(this.data[name])
          if (ARIA.includes(name)) this.$$.removeAttribute(ariaAttribute(name))
        }
      },
    },
  }
}
