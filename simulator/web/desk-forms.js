/** What the front desk's forms have in common: sending, waiting, what came of it, lines of a list. */
import { make } from './dom.js'
import { broken } from './words.js'

/** Sends a form to whoever stands behind the simulator; refusals come in Chinese. */
export async function desk(path, body, method = body === undefined ? 'GET' : 'POST') {
  const response = await fetch(`/_sim/desk/${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const answer = await response.json().catch(() => ({}))
  if (response.ok) return answer
  throw new Error(answer.error?.message || `前台系统没有回应（${response.status}）`)
}

export const say = (where, kind, ...nodes) => where.replaceChildren(make('div', { class: `result ${kind}` }, ...nodes))
export const busy = (where, text) => say(where, 'busy', make('p', { text }))
export const failed = (where, error) => say(where, 'failed', make('p', { text: `没有成功：${broken(error)}` }))

/** While it works nobody presses twice. */
export async function working(form, where, words, work) {
  const buttons = form.querySelectorAll('button')
  for (const button of buttons) button.disabled = true
  busy(where, words)
  try {
    await work()
  } catch (error) {
    failed(where, error)
  } finally {
    for (const button of buttons) button.disabled = false
  }
}

export const day = (on) => (on ? `${Number(on.slice(5, 7))}月${Number(on.slice(8, 10))}日` : '日期待定')
export const option = (value, text) => make('option', { value, text })

export const list = (title, rows) =>
  rows.length === 0 ? [] : [make('h4', { text: title }), make('ul', { class: 'diff' }, ...rows)]
export const line = (sign, title, words, reason) =>
  make(
    'li',
    { class: sign },
    make('span', { class: 'what', text: title }),
    make('span', { class: 'days', text: words }),
    reason ? make('span', { class: 'state', text: reason }) : null,
  )
