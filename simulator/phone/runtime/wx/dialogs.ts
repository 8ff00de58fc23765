/** What WeChat itself puts over a page. */
import { make } from '../dom.ts'

/** After a tap by finger the browser clicks once more at that place. */
const SECOND_CLICK_MS = 100

/** Shows it over everything; answers how to take it away. */
export function dialogOver(node: HTMLElement): () => void {
  node.setAttribute('role', 'dialog')
  const mask = make('mp-mask', {}, node)
  // What opened it must not answer it.
  mask.inert = true
  setTimeout(() => {
    mask.inert = false
  }, SECOND_CLICK_MS)
  document.body.append(mask)
  return () => mask.remove()
}

export interface Question {
  title?: string
  content?: string
  ok?: string
  /** Null: there is no way to say no. */
  no?: string | null
  /** Asks for words, with this shown until there are some. */
  placeholder?: string | null
}

export interface Said {
  confirm: boolean
  cancel: boolean
  content?: string | undefined
}

export function ask({
  title = '',
  content = '',
  ok = '确定',
  no = '取消',
  placeholder = null,
}: Question): Promise<Said> {
  return new Promise((resolve) => {
    const input = placeholder === null ? null : make('input', { placeholder, value: content })
    const button = (words: string, said: () => Said) =>
      make('button', {
        textContent: words,
        onclick: () => {
          close()
          resolve(said())
        },
      })
    const refuse = no === null ? [] : [button(no, () => ({ confirm: false, cancel: true }))]
    const accept = button(ok, () => ({ confirm: true, cancel: false, content: input?.value }))
    const body = input ?? make('p', { textContent: content })
    const heading = title === '' ? [] : [make('b', { textContent: title })]
    const close = dialogOver(make('mp-modal', {}, ...heading, body, make('footer', {}, ...refuse, accept)))
  })
}

/** The index of what was chosen; null for nothing. */
export function choose(items: readonly string[]): Promise<number | null> {
  return new Promise((resolve) => {
    const row = (words: string, answer: number | null) =>
      make('button', {
        textContent: words,
        onclick: () => {
          close()
          resolve(answer)
        },
      })
    const close = dialogOver(make('mp-sheet', {}, ...items.map(row), row('取消', null)))
  })
}

const ICONS: Record<string, string> = { success: '✓', error: '✕', loading: '◌', none: '' }
const TOAST_MS = 1_500
let toastTimer = 0

export function hideToast(): void {
  for (const toast of document.querySelectorAll('mp-toast')) toast.remove()
}

/** @param ms null: until it is hidden */
export function showToast(title: string, icon = 'success', ms: number | null = TOAST_MS): void {
  hideToast()
  clearTimeout(toastTimer)
  const toast = make(
    'mp-toast',
    {},
    make('i', { textContent: ICONS[icon] ?? '' }),
    make('span', { textContent: title }),
  )
  toast.setAttribute('role', 'status')
  document.body.append(toast)
  if (ms !== null) toastTimer = window.setTimeout(hideToast, ms)
}
