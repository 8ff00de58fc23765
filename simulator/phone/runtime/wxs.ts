/** WXS event handlers and `change:` observers: the ComponentDescriptor that WeChat passes as `ownerInstance` and `event.instance`. */
import { dashed } from './dom.ts'
import type { Component, FrameworkEvent, Queryable } from './framework.ts'

const CLASS_SEGMENT = 2
const STYLE_SEGMENT = 3

type Descriptor = Record<string, unknown>
type Handler = ((...args: unknown[]) => unknown) & { __wxs?: boolean }

const states = new WeakMap<Component, object>()
const known = new WeakMap<Component, Descriptor>()

const styleText = (style: unknown): string =>
  typeof style === 'string'
    ? style
    : Object.entries(style as object)
        .map(([name, value]) => `${dashed(name)}:${String(value)}`)
        .join(';')

function descriptorOf(component: Component | null | undefined): Descriptor | null {
  if (!component) return null
  const made = known.get(component) ?? describe(component)
  known.set(component, made)
  return made
}

function describe(component: Component): Descriptor {
  const inside = (component.shadowRoot ?? component) as Partial<Queryable>
  const classes = new Set<string>()
  const withClasses = () => {
    component.setNodeClass([...classes].join(' '), CLASS_SEGMENT)
    return descriptor
  }
  const descriptor: Descriptor = {
    selectComponent: (selector: string) => descriptorOf(inside.querySelector?.(selector)),
    selectAllComponents: (selector: string) => (inside.querySelectorAll?.(selector) ?? []).map(descriptorOf),
    setStyle(style: unknown) {
      component.setNodeStyle(styleText(style), STYLE_SEGMENT)
      return descriptor
    },
    addClass: (name: string) => {
      classes.add(name)
      return withClasses()
    },
    removeClass: (name: string) => {
      classes.delete(name)
      return withClasses()
    },
    hasClass: (name: string) => classes.has(name),
    getDataset: () => component.dataset,
    getState() {
      const state = states.get(component) ?? {}
      states.set(component, state)
      return state
    },
    callMethod(name: string, argument: unknown) {
      const methods = component.getMethodCaller?.()
      const method = methods?.[name]
      if (typeof method === 'function') method.call(methods, argument)
    },
    triggerEvent: (name: string, detail: unknown) => component.triggerEvent(name, detail),
    requestAnimationFrame: (callback: FrameRequestCallback) => requestAnimationFrame(callback),
    setTimeout: (callback: () => void, ms: number) => setTimeout(callback, ms),
    clearTimeout: (timer: number) => clearTimeout(timer),
    getComputedStyle(names: string[]) {
      const computed = getComputedStyle(component.$$)
      return Object.fromEntries(names.map((name) => [name, computed.getPropertyValue(dashed(name))]))
    },
    getBoundingClientRect: () => component.$$.getBoundingClientRect(),
  }
  return descriptor
}

type Seen = ({ _$?: Component } & Partial<Component>) | undefined
const inner = (seen: Seen) => seen?._$ ?? (seen as Component | undefined)

export function wxsEvent(caller: NonNullable<Seen>, event: FrameworkEvent, handler: Handler): unknown {
  if (!handler.__wxs) return handler.call(caller, event)
  const seen = Object.create(event) as FrameworkEvent & { instance: unknown }
  seen.instance = descriptorOf(inner(event.currentTarget))
  return handler(seen, descriptorOf(inner(caller)))
}

/** Told after the tree exists, as WeChat's view layer does. */
export const wxsChange =
  (observer: unknown) =>
  (value: unknown, before: unknown, host: Component, element: Component): void => {
    if (typeof observer === 'function')
      queueMicrotask(() => observer(value, before, descriptorOf(host), descriptorOf(element)))
  }

/** What `x.constructor` is in WXS. */
export const wxsConstructor = (value: unknown): string => Object.prototype.toString.call(value).slice(8, -1)

/** Globals that WXS has beside the language. */
export function installWxsGlobals(): void {
  Object.assign(globalThis, {
    getRegExp: (pattern: string, flags?: string) => new RegExp(pattern, flags),
    getDate: (...args: []) => new Date(...args),
  })
}
