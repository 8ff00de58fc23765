/** One contact set, moved or cancelled by hand, with a reason; changes of a plan, and taking them back. */
import { busy, changeView, day, desk, failed, option, say, working } from './desk-forms.js'
import { el, make, when } from './dom.js'

const state = { known: null, step: null, day: null, request: 0 }
let deps = null

const treatmentId = () => el('hand-treatment').value
const chosen = () => state.known?.steps.find(({ id }) => id === state.step) ?? null

function stepRow({ id, title, on, owner, reason }) {
  const pick = make('input', { type: 'radio', name: 'hand-step', value: id, checked: id === state.step })
  pick.addEventListener('change', () => choose(id))
  return make(
    'label',
    { class: 'pick' },
    pick,
    make('time', { text: day(on) }),
    make('span', { class: 'what', text: title }),
    make('span', { class: 'state', text: reason ? `${owner} · ${reason}` : owner }),
  )
}

function choose(id) {
  state.step = id
  state.day = chosen()?.on ?? null
  el('hand-day').value = state.day ?? ''
}

function changeRow(change) {
  const { id, at, by, isUndone } = change
  const title = [change.title, by].filter(Boolean).join(' · ')
  const result = make('div', { 'aria-live': 'polite' })
  const undo = () => void decide(item, result, 'undo', { changeId: id }, '已撤销：')
  const item = make(
    'li',
    {},
    make('details', {}, make('summary', { text: `${when(at)} · ${title}` }), ...changeView(change)),
    isUndone
      ? make('span', { class: 'state', text: '已撤销' })
      : make('button', { type: 'button', text: '撤销', 'aria-label': `撤销：${title}`, onclick: undo }),
    result,
  )
  return item
}

function draw() {
  const { steps, changes, people } = state.known
  if (!chosen()) choose(steps[0]?.id ?? null)
  else if (chosen().on !== state.day) choose(state.step)
  el('hand-steps').replaceChildren(
    ...(steps.length > 0 ? steps.map(stepRow) : [make('p', { class: 'empty', text: '这次治疗没有待进行的联系。' })]),
  )
  const before = el('hand-by').value
  el('hand-by').replaceChildren(...people.map(({ userId, name }) => option(userId, name)))
  if (people.some(({ userId }) => userId === before)) el('hand-by').value = before
  el('hand-changes').replaceChildren(
    ...(changes.length > 0
      ? [
          make('p', { class: 'hint', text: '点开可看变化；撤销时用上面的决定人和原因。' }),
          make('ul', { class: 'changes' }, ...changes.map(changeRow)),
        ]
      : [make('p', { class: 'hint', text: '这份计划还没有变更过。' })]),
  )
}

/** Nothing to choose from. */
function nothing(text) {
  state.known = null
  state.step = null
  el('hand-steps').replaceChildren(make('p', { class: 'empty', text }))
  el('hand-changes').replaceChildren()
}

/** What came back after something newer was asked for is dropped. */
async function load() {
  const mine = ++state.request
  if (!treatmentId()) return nothing('先录入一次治疗，这里会列出之后的每次联系。')
  try {
    const known = await desk(`hands?${new URLSearchParams({ treatmentId: treatmentId() })}`)
    if (mine !== state.request) return
    state.known = known
    draw()
  } catch (error) {
    if (mine !== state.request) return
    nothing('')
    failed(el('hand-steps'), error)
  }
}

async function decide(form, result, what, more, words) {
  const byUserId = el('hand-by').value
  const reason = el('hand-reason').value.trim()
  if (!byUserId) return failed(result, new Error('请选择决定人'))
  if (!reason) return failed(result, new Error('请先填写原因'))
  await working(form, result, '正在更新护理计划…', async () => {
    const change = await desk(`hands/${what}`, { treatmentId: treatmentId(), byUserId, reason, ...more })
    const left = change.left.map(({ title, why }) => make('p', { class: 'hint', text: `${title}：${why}，保持不变。` }))
    el('hand-reason').value = ''
    say(el('hand-result'), 'good', make('p', { class: 'head', text: words }), ...changeView(change), ...left)
    await deps.reload()
  })
}

function move() {
  const [result, on] = [el('hand-result'), el('hand-day').value]
  if (!chosen()) return failed(result, new Error('请先选择一次联系'))
  if (!on) return failed(result, new Error('请选择新的日期'))
  return decide(el('desk-hand'), result, 'move', { stepId: state.step, day: on }, '已改期，客服主管会收到通知：')
}

function cancel() {
  const result = el('hand-result')
  if (!chosen()) return failed(result, new Error('请先选择一次联系'))
  return decide(el('desk-hand'), result, 'cancel', { stepId: state.step }, '已取消，客服主管会收到通知：')
}

/** The plans of whoever stands at the desk, as they are now. */
export function showHand(plans, { isOther }) {
  const select = el('hand-treatment')
  const before = select.value
  select.replaceChildren(
    ...(plans.length > 0
      ? plans.map(({ id, name, on }) => option(id, `${name} · ${day(on)}`))
      : [option('', '还没有治疗记录')]),
  )
  if (plans.some(({ id }) => id === before)) select.value = before
  if (isOther) el('hand-result').replaceChildren()
  return load()
}

/** `reload`: the plan has changed, and whoever shows it looks again. */
export function openHand(given) {
  deps = given
  busy(el('hand-steps'), '正在读取护理计划…')
  el('hand-treatment').addEventListener('change', () => {
    state.step = null
    el('hand-result').replaceChildren()
    void load()
  })
  el('hand-cancel').addEventListener('click', () => void cancel())
  el('desk-hand').addEventListener('submit', (event) => {
    event.preventDefault()
    void move()
  })
}
