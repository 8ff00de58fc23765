/** What the shell uses of glass-easel, typed, with what version 0.12.1 leaves to be mended. */
import * as adapter from 'glass-easel-miniprogram-adapter'
import { dashed } from './dom.ts'
import { withViewport } from './rpx.ts'

export type Data = Record<string, unknown>

/** The DOM element of a component. */
export interface HostElement extends HTMLElement {
  __wxElement?: Component
}

/** A component of the framework, seen from inside. */
export interface Component {
  readonly $$: HostElement
  readonly is: string
  readonly data: Data
  readonly dataset: Data
  readonly ownerShadowRoot: { getHostNode(): Component } | null
  readonly shadowRoot?: Queryable
  setData(patch: Data): void
  triggerEvent(name: string, detail: unknown, options?: { bubbles?: boolean; composed?: boolean }): void
  addListener(name: string, listener: (event: unknown) => void): void
  setNodeClass(classes: string, segment: number): void
  setNodeStyle(style: string, segment: number): void
  getMethodCaller?(): Methods | undefined
}

export interface Queryable {
  querySelector(selector: string): Component | null
  querySelectorAll(selector: string): Component[]
}

/** `this` of a page or component as its author sees it. */
export type Methods = Record<string, unknown>

export interface ComponentDefinition {
  is: string
  options: Data
  properties: Data
  observers: { fields: string; observer(this: Component): void }[]
  lifetimes: { attached(this: Component): void }
}

interface ComponentSpace {
  defineComponent(definition: ComponentDefinition): unknown
  setGlobalUsingComponent(tag: string, definition: unknown): void
}

interface BehaviorBuilder {
  definition(definition: Data): { register(): unknown }
}

export interface CodeSpace {
  getComponentSpace(): ComponentSpace
  behavior(): BehaviorBuilder
  addComponentStaticConfig(path: string, config: unknown): void
  addCompiledTemplate(path: string, template: unknown): void
  addStyleSheet(path: string, sheet: undefined, scope: string | undefined): void
  componentEnv(path: string, run: (environment: Environment) => void): void
}

type Registrar = (definition?: Data) => unknown
export interface Environment {
  Page: Registrar
  Component: Registrar
  Behavior: Registrar & { trait: unknown }
}

export interface PageRoot {
  get(): Methods
  attach(parent: Element, placeholder: Element): void
  release(): void
  getComponent(): { triggerPageLifetime(name: string, args: unknown[]): void }
}

interface Backend {
  createRoot(tag: string, space: CodeSpace, url: string): PageRoot
}

interface TouchPoint {
  identifier: number
  clientX: number
  clientY: number
  pageX: number
  pageY: number
}
export interface FrameworkEvent {
  currentTarget?: { _$?: Component } & Partial<Component>
  touches?: TouchPoint[]
  changedTouches?: TouchPoint[]
  defaultPrevented(): boolean
}
type EventListener = (
  target: unknown,
  type: string,
  detail: unknown,
  options: { originalEvent?: Event } & Data,
) => 0 | 1

interface GlassEasel {
  CurrentWindowBackendContext: new () => { document: unknown; onEvent(listener: EventListener): void }
  Element: { prototype: { setDataset(this: Component, name: string, value: unknown): void } & object }
  Event: {
    new (type: string, detail: unknown, options: unknown): FrameworkEvent
    dispatchEvent(target: unknown, event: FrameworkEvent): void
  }
  addGlobalErrorListener(listener: (error: unknown, where: { type?: string } | undefined) => void): void
}
interface Adapter {
  glassEasel: GlassEasel
  MiniProgramEnv: new () => {
    createCodeSpace(name: string, isMain: boolean): CodeSpace
    associateBackend(context: unknown): Backend
  }
}

const { glassEasel, MiniProgramEnv } = adapter as unknown as Adapter
export const onFrameworkError = glassEasel.addGlobalErrorListener

/** Elements of a mini-program have names of their own: a host must not be a real `input` or `image`. */
const tagOf = (tag: string) => (tag.startsWith('wx-') ? tag : `wx-${tag.toLowerCase()}`)

class Context extends glassEasel.CurrentWindowBackendContext {
  override document = {
    createElement(tag: string) {
      const element = document.createElement(tagOf(tag))
      const set = element.setAttribute
      element.setAttribute = (name, value) =>
        set.call(element, name, name === 'style' ? withViewport(String(value)) : value)
      return element
    },
    createTextNode: (text: string) => document.createTextNode(text),
    createDocumentFragment: () => document.createDocumentFragment(),
  }
}

/** `data-*` and `id` are kept in memory only; mirrored, tests and developer tools see them. */
function mirrorToDom(): void {
  const { prototype } = glassEasel.Element
  const { setDataset } = prototype
  prototype.setDataset = function (name, value) {
    setDataset.call(this, name, value)
    if (this.$$ && typeof value !== 'object') this.$$.setAttribute(`data-${dashed(name)}`, String(value))
  }
  const id = Object.getOwnPropertyDescriptor(prototype, 'id')
  if (!id?.set) return
  const { set } = id
  Object.defineProperty(prototype, 'id', {
    ...id,
    set(this: Component, value: unknown) {
      set.call(this, value)
      this.$$?.setAttribute?.('id', String(value))
    },
  })
}

const points = (touches: TouchList): TouchPoint[] =>
  [...touches].map(({ identifier, clientX, clientY, pageX, pageY }) => ({ identifier, clientX, clientY, pageX, pageY }))

/** One code space and the document as its backend. */
export function openFramework(): { space: CodeSpace; backend: Backend } {
  mirrorToDom()
  const environment = new MiniProgramEnv()
  const space = environment.createCodeSpace('', true)
  const context = new Context()
  context.onEvent((target, type, detail, options) => {
    const event = new glassEasel.Event(type, detail, options)
    const original = options.originalEvent
    // WeChat has touches on the event itself.
    if (original && 'changedTouches' in original) {
      event.touches = points((original as TouchEvent).touches)
      event.changedTouches = points((original as TouchEvent).changedTouches)
    }
    glassEasel.Event.dispatchEvent(target, event)
    return event.defaultPrevented() ? 1 : 0
  })
  return { space, backend: environment.associateBackend(context) }
}
