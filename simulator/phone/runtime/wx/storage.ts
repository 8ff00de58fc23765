/** Storage of the phone: each person's own, in the browser. */
import type { Registrar } from './api.ts'

const LIMIT_KB = 10_240

export function registerStorage({ api, plain, shell }: Registrar): void {
  const prefix = `mp:${shell.person ?? ''}:`
  const keys = () =>
    Object.keys(localStorage)
      .filter((key) => key.startsWith(prefix))
      .map((key) => key.slice(prefix.length))
  const read = (key: string): { value: unknown } | null =>
    JSON.parse(localStorage.getItem(prefix + key) ?? 'null') as { value: unknown } | null
  const set = (key: string, value: unknown) => localStorage.setItem(prefix + key, JSON.stringify({ value }))
  const remove = (key: string) => localStorage.removeItem(prefix + key)
  const clear = () => keys().forEach(remove)
  const info = () => {
    const bytes = keys().reduce((sum, key) => sum + (localStorage.getItem(prefix + key)?.length ?? 0), 0)
    return { keys: keys(), currentSize: Math.ceil(bytes / 1024), limitSize: LIMIT_KB }
  }

  plain({
    setStorageSync: set,
    getStorageSync: (key: string) => read(key)?.value ?? '',
    removeStorageSync: remove,
    clearStorageSync: clear,
    getStorageInfoSync: info,
  })
  api('setStorage', ({ key, data }) => set(key, data))
  api('getStorage', ({ key }) => {
    const found = read(key)
    if (!found) throw new Error('data not found')
    return { data: found.value }
  })
  api('removeStorage', ({ key }) => remove(key))
  api('clearStorage', clear)
  api('getStorageInfo', info)
}
