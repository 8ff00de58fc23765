/** How a function of `wx` is made: callbacks or a promise, the words of success and failure, a record of every call. */
import type { Shell } from '../shell.ts'

export type Wx = WechatMiniprogram.Wx
type Anything = (...args: never[]) => unknown
export type OptionsOf<N extends keyof Wx> = NonNullable<Parameters<Extract<Wx[N], Anything>>[0]>

interface Callbacks {
  success?: (result: unknown) => void
  fail?: (error: unknown) => void
  complete?: (result: unknown) => void
}

/** A failure as WeChat words it: `<name>:fail <message>`. */
export class WxError extends Error {
  readonly fields: Record<string, unknown>
  constructor(message: string, fields: Record<string, unknown> = {}) {
    super(message)
    this.fields = fields
  }
}

export const failureOf = (name: string, error: unknown) => ({
  ...(error instanceof WxError ? error.fields : {}),
  errMsg: `${name}:fail ${error instanceof Error ? error.message : String(error)}`,
})

/** Callbacks where one is given, else the promise itself. */
export function settle(work: Promise<unknown>, { success, fail, complete }: Callbacks): Promise<unknown> | undefined {
  if (!success && !fail && !complete) return work
  work.then(
    (result) => {
      success?.(result)
      complete?.(result)
    },
    (error) => {
      fail?.(error)
      complete?.(error)
    },
  )
  return undefined
}

/** What a test sees of a call: no functions, no bytes. */
export const recorded = (options: unknown): unknown =>
  JSON.parse(
    JSON.stringify(options ?? null, (_, value: unknown) => {
      if (typeof value === 'function') return undefined
      return value instanceof ArrayBuffer ? `${value.byteLength} bytes` : value
    }),
  )

export interface Registrar {
  wx: Record<string, unknown>
  shell: Shell
  /** An asynchronous function. */
  api<N extends keyof Wx & string>(name: N, work: (options: OptionsOf<N>) => unknown): void
  /** Asynchronous functions that here need do nothing. */
  silent(...names: (keyof Wx & string)[]): void
  /** Functions that answer at once. */
  plain(functions: { [N in keyof Wx]?: (...args: never[]) => unknown }): void
}

export function createRegistrar(shell: Shell): Registrar {
  const wx: Record<string, unknown> = {}

  function add(name: string, work: (options: never) => unknown): void {
    wx[name] = (options: Callbacks & Record<string, unknown> = {}) => {
      shell.calls.push({ api: name, args: recorded(options) })
      const run = async () => (shell.overrides[name] ?? work)(options as never)
      const outcome = run().then(
        (result) => ({ errMsg: `${name}:ok`, ...(result as object | undefined) }),
        (error: unknown) => {
          throw failureOf(name, error)
        },
      )
      return settle(outcome, options)
    }
  }

  return {
    wx,
    shell,
    api: (name, work) => add(name, work as (options: never) => unknown),
    silent(...names) {
      for (const name of names) add(name, () => undefined)
    },
    plain: (functions) => void Object.assign(wx, functions),
  }
}
