/** Two gaps of the adapter: SelectorQuery has no `node`, and its IntersectionObserver swallows the first callback. */

import { nodeOf } from './builtins/define.ts'
import type { Component, HostElement, Methods, Queryable } from './framework.ts'

type Callback = (result: unknown) => void
interface NodesRef {
  fields(this: NodesRef, fields: Record<string, unknown>, callback?: Callback): unknown
  node?(this: NodesRef, callback?: Callback): unknown
}
interface SelectorQuery {
  select(selector: string): NodesRef
  exec(this: SelectorQuery, callback?: (results: unknown[]) => void): unknown
}
interface Context {
  __wxElement?: Component
}

/** Adds the node behind a context. */
function withNode(result: unknown): unknown {
  if (Array.isArray(result)) return result.map(withNode)
  if (typeof result !== 'object' || result === null || !('context' in result)) return result
  const context = result.context as Context | null
  const host = context?.__wxElement?.$$ ?? (context as HostElement | null)
  return { ...result, node: (host && nodeOf(host)) ?? context }
}

let isPatched = false

/** Mends the prototypes through the first page that there is. */
export function patchQueries(inst: Methods): void {
  if (isPatched) return
  isPatched = true
  let owner: Methods = inst
  while (owner && !Object.hasOwn(owner, 'createIntersectionObserver')) owner = Object.getPrototypeOf(owner) as Methods
  owner.createIntersectionObserver = function (this: Observed, options?: ObserverOptions) {
    return createObserver(this, options)
  }

  const query = (inst.createSelectorQuery as () => SelectorQuery).call(inst)
  const nodes = Object.getPrototypeOf(query.select('x')) as NodesRef
  const queries = Object.getPrototypeOf(query) as SelectorQuery
  const { fields } = nodes
  const { exec } = queries
  nodes.node = function (callback) {
    return fields.call(this, { context: true }, (result) => callback?.(withNode(result)))
  }
  nodes.fields = function (wanted, callback) {
    return fields.call(this, wanted.node ? { ...wanted, context: true } : wanted, (result) =>
      callback?.(withNode(result)),
    )
  }
  queries.exec = function (callback) {
    return exec.call(this, (results) => callback?.(results.map(withNode)))
  }
}

type Margins = Partial<Record<'top' | 'right' | 'bottom' | 'left', number>>
interface ObserverOptions {
  thresholds?: number[]
  observeAll?: boolean
}
interface Observed {
  _$: { shadowRoot: Queryable }
}

function createObserver(
  { _$: { shadowRoot } }: Observed,
  { thresholds = [0], observeAll = false }: ObserverOptions = {},
) {
  const running: IntersectionObserver[] = []
  let margins: Margins = {}
  let frame: string | null = null
  const self = {
    relativeTo(selector: string, given: Margins = {}) {
      frame = selector
      margins = given
      return self
    },
    relativeToViewport(given: Margins = {}) {
      margins = given
      return self
    },
    disconnect() {
      for (const one of running) one.disconnect()
    },
    observe(selector: string, callback: Callback) {
      const root = frame ? (shadowRoot.querySelector(frame)?.$$ ?? null) : null
      const sides = ['top', 'right', 'bottom', 'left'] as const
      const rootMargin = sides.map((side) => `${margins[side] ?? 0}px`).join(' ')
      const observer = new IntersectionObserver(
        (entries) => {
          for (const entry of entries) callback(seen(entry))
        },
        {
          root,
          rootMargin,
          threshold: thresholds,
        },
      )
      running.push(observer)
      const targets = observeAll ? shadowRoot.querySelectorAll(selector) : [shadowRoot.querySelector(selector)]
      for (const target of targets) if (target?.$$) observer.observe(target.$$)
    },
  }
  return self
}

function seen(entry: IntersectionObserverEntry): unknown {
  const target = entry.target as HostElement
  const { intersectionRatio, intersectionRect, boundingClientRect, rootBounds: relativeRect, time } = entry
  const dataset = target.__wxElement?.dataset
  return { id: target.id, dataset, intersectionRatio, intersectionRect, boundingClientRect, relativeRect, time }
}
