/** Faults by hand: an API answers an error or nothing, or slowly; callbacks come twice, late or never. */
import { el, make } from './dom.js'
import { draw, option } from './panel.js'

/** By kind: its name, the unit of its value, what usually stands there, and the fault that it makes. */
const KINDS = {
  errcode: ['返回错误码', '错误码', '45009', (value) => ({ errcode: value })],
  latency: ['变慢', '毫秒', '3000', (value) => ({ latencyMs: value })],
  before: ['断开，没有生效', null, '', () => ({ drop: 'before' })],
  after: ['断开，但已生效', null, '', () => ({ drop: 'after' })],
  duplicate: ['回调重复', null, '', () => ({ duplicate: true })],
  reorder: ['回调乱序', null, '', () => ({ reorder: true })],
  delay: ['回调迟到', '秒', '600', (value) => ({ delayMs: value * 1_000 })],
}
const CALLBACK_ONLY = ['duplicate', 'reorder', 'delay']
let deps = null

const words = ({ errcode, latencyMs, drop, duplicate, reorder, delayMs }) =>
  [
    errcode === undefined ? '' : `返回 ${errcode}`,
    latencyMs === undefined ? '' : `慢 ${latencyMs} 毫秒`,
    drop === 'before' ? '断开，没有生效' : drop === 'after' ? '断开，但已生效' : '',
    duplicate ? '重复' : '',
    reorder ? '乱序' : '',
    delayMs === undefined ? '' : `迟到 ${delayMs / 1_000} 秒`,
  ]
    .filter(Boolean)
    .join('，')

export function showFaults(faults) {
  const row = (fault) =>
    make(
      'li',
      { class: 'card' },
      make('b', { text: fault.path === '*' ? '所有接口' : fault.path === 'callback' ? '回调' : fault.path }),
      make('div', {
        class: 'soft',
        text: `${words(fault)} · 已发生 ${fault.hits} 次${fault.rate === undefined ? `，共 ${fault.times ?? 1} 次` : `，概率 ${fault.rate}`}`,
      }),
    )
  const empty = make('li', { class: 'none', text: '现在没有故障。' })
  draw('fault-list', () => (faults.length > 0 ? faults.map(row) : [empty]), faults)
}

function fitKind() {
  const isCallback = el('fault-path').value === 'callback'
  const before = el('fault-kind').value
  const kinds = Object.keys(KINDS).filter((kind) => (isCallback ? kind !== 'errcode' : !CALLBACK_ONLY.includes(kind)))
  el('fault-kind').replaceChildren(...kinds.map((kind) => option(kind, KINDS[kind][0])))
  if (kinds.includes(before)) el('fault-kind').value = before
  fitValue()
}
function fitValue() {
  const [, unit, usual] = KINDS[el('fault-kind').value]
  el('fault-value-row').hidden = unit === null
  el('fault-unit').textContent = unit ?? ''
  el('fault-value').value = usual
}

export async function openFaults(given) {
  deps = given
  const { paths } = await deps.api('faults')
  el('fault-path').replaceChildren(
    option('callback', '回调'),
    option('*', '所有接口'),
    ...[...paths].sort().map((path) => option(path, path)),
  )
  el('fault-path').value = '/cgi-bin/message/send'
  fitKind()
  el('fault-path').addEventListener('change', fitKind)
  el('fault-kind').addEventListener('change', fitValue)
  el('fault').addEventListener('submit', (event) => {
    event.preventDefault()
    const make = KINDS[el('fault-kind').value][3]
    const body = {
      path: el('fault-path').value,
      times: Number(el('fault-times').value),
      ...make(Number(el('fault-value').value)),
    }
    void deps.attempt(() => deps.api('faults', body))
  })
  el('revoke').addEventListener(
    'click',
    () => void deps.attempt(() => deps.api('tokens/revoke', { platform: 'wecom' })),
  )
  el('clear-faults').addEventListener('click', () => void deps.attempt(() => deps.api('faults', {}, 'DELETE')))
}
