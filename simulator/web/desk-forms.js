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

/** Moved, dropped and added steps, each with its reason. */
export function changeView({ moved, dropped, added, asked, over }) {
  const rows = [
    ...list(
      `改期 ${moved.length} 项`,
      moved.map(({ title, from, to, reason }) =>
        line('moved', title, from === to ? `${day(to)}（时段更新）` : `${day(from)} → ${day(to)}`, reason),
      ),
    ),
    ...list(
      `取消 ${dropped.length} 项`,
      dropped.map(({ title, reason }) => line('dropped', title, '', reason)),
    ),
    ...list(
      `新增 ${added.length} 项`,
      added.map(({ title, on, reason }) => line('added', title, day(on), reason)),
    ),
    ...(over > 0 ? [make('p', { class: 'hint', text: `另有 ${over} 项已过时间窗，不会补发。` })] : []),
    ...(asked.length > 0 ? [make('p', { text: `已请医生确定：${asked.join('、')}` })] : []),
  ]
  return rows.length > 0 ? rows : [make('p', { text: '护理计划没有变化：已完成的联系不会重复。' })]
}
