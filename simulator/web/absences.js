/** Staff leave at the front desk: somebody is put on leave, and the page shows which work went to whom. */
import { busy, day, desk, failed, line, list, option, say, working } from './desk-forms.js'
import { el, make } from './dom.js'

const state = { known: null, staff: null, now: null, request: 0 }
let deps = null

const span = ({ from, to }) => (from === to ? day(from) : `${day(from)}至${day(to)}`)

function handedView({ tasks, total }) {
  if (total === 0)
    return [make('p', { text: '没有任务需要转交：名下没有在请假期间到期的任务。之后的新任务直接分配给其他同事。' })]
  const rows = tasks.map(({ title, customer, to }) => {
    const what = customer === null ? title : `${title} · ${customer}`
    return to === null
      ? line('handed', what, '暂时无人可接', '有同事到岗后自动分配')
      : line('handed', what, `已转交给${to}`)
  })
  return [
    ...list(`已转交 ${total} 项任务`, rows),
    ...(total > tasks.length ? [make('p', { class: 'hint', text: `另有 ${total - tasks.length} 项未列出。` })] : []),
  ]
}

async function enter(form) {
  const result = el('leave-entered')
  const [userId, from, to] = ['leave-staff', 'leave-from', 'leave-to'].map((id) => el(id).value)
  if (!userId) return failed(result, new Error('请选择员工'))
  if (!from || !to) return failed(result, new Error('请选择开始和结束日期'))
  if (to < from) return failed(result, new Error('结束日期不能早于开始日期'))
  await working(form, result, '正在登记并转交任务…', async () => {
    const { absence, handed } = await desk('absences', {
      userId,
      from,
      to,
      reason: el('leave-reason').value,
      delegateUserId: el('leave-delegate').value || null,
    })
    const head = make('p', { class: 'head', text: `${absence.name}：${span(absence)}${absence.reason}，已登记` })
    const waits = make('p', {
      text: `拨动时钟到${day(absence.from)}后生效，届时转交任务；在下方列表中可查看转交给了谁。`,
    })
    say(result, 'good', head, ...(absence.hasBegun ? handedView(handed) : [waits]))
    await load()
    await deps.changed()
  })
}

/** One absence, with what came of it below when that is asked for. */
function row({ absenceId, userId, label, reason, delegate, hasBegun, ...dates }) {
  const query = new URLSearchParams({ userId, absenceId })
  const result = make('div', { 'aria-live': 'polite' })
  const whom = `${label}，${span(dates)}`
  const show = () =>
    working(item, result, '正在查询转交…', async () =>
      say(result, 'good', ...handedView(await desk(`absences/handed?${query}`))),
    )
  const cancel = () =>
    working(item, result, '正在取消…', async () => {
      await desk(`absences?${query}`, undefined, 'DELETE')
      const text = hasBegun
        ? '已取消请假：从现在起重新分配任务，已转交的任务不收回。'
        : '已取消请假：不会生效，任务不变。'
      say(el('leave-entered'), 'good', make('p', { class: 'head', text: whom }), make('p', { text }))
      await load()
      await deps.changed()
    })
  const button = (text, onclick) =>
    make('button', { type: 'button', text, 'aria-label': `${text}：${whom}`, onclick: () => void onclick() })
  const item = make(
    'li',
    {},
    make('div', { text: label }),
    make(
      'div',
      { class: 'state' },
      make('span', { class: hasBegun ? 'away' : '', text: hasBegun ? '请假中' : '待开始' }),
      ` · ${span(dates)} · ${reason}${delegate === null ? '' : ` · 代班：${delegate}`}`,
    ),
    make('div', { class: 'buttons' }, hasBegun ? button('查看转交', show) : null, button('取消请假', cancel)),
    result,
  )
  return item
}

function showList() {
  const { absences } = state.known
  el('leave-list').replaceChildren(
    absences.length > 0
      ? make('ul', { class: 'leaves' }, ...absences.map(row))
      : make('p', { class: 'empty', text: '目前没有人请假。\n在上面登记一次，任务会转交给同事。' }),
  )
}

/** When it takes effect, for the days that are chosen. */
function hint() {
  const from = el('leave-from').value
  if (!from) return
  el('leave-hint').textContent =
    from <= state.known.today
      ? '今天已经开始：登记后立即生效，请假期间到期的任务马上转交。'
      : `拨动时钟到${day(from)}后生效，届时转交任务。`
}

/** Nobody stands in for themselves. */
function delegates() {
  const before = el('leave-delegate').value
  const others = state.known.staff.filter(({ userId }) => userId !== el('leave-staff').value)
  el('leave-delegate').replaceChildren(
    option('', '不指定，按岗位分给同事'),
    ...others.map(({ userId, name }) => option(userId, name)),
  )
  if (others.some(({ userId }) => userId === before)) el('leave-delegate').value = before
}

/** Days that are over can't be meant. */
function days() {
  const { today } = state.known
  for (const id of ['leave-from', 'leave-to']) if (el(id).value < today) el(id).value = today
  hint()
}

function fill() {
  const select = el('leave-staff')
  const before = select.value
  const { staff, reasons } = state.known
  select.replaceChildren(...staff.map(({ userId, name }) => option(userId, name)))
  if (staff.some(({ userId }) => userId === before)) select.value = before
  else choose(state.staff)
  if (el('leave-reason').options.length === 0)
    el('leave-reason').replaceChildren(...reasons.map(({ code, name }) => option(code, name)))
  delegates()
  days()
}

function choose(userId) {
  if (state.known?.staff.some((one) => one.userId === userId)) el('leave-staff').value = userId
}

/** What came back after something newer was asked for is dropped. */
async function load() {
  const mine = ++state.request
  try {
    const known = await desk('absences')
    if (mine !== state.request) return
    state.known = known
    fill()
    showList()
  } catch (error) {
    if (mine !== state.request) return
    failed(el('leave-list'), error)
    // The next look asks again.
    state.now = null
  }
}

/** The form follows the phone that is looked at; the list follows the clock, which is null while it moves. */
export function showAbsences(person, now) {
  const userId = person?.userId?.toLowerCase() ?? null
  if (userId !== state.staff) {
    state.staff = userId
    choose(userId)
    if (state.known) delegates()
  }
  if (now === null || now === state.now) return
  state.now = now
  void load()
}

export function openAbsences(given) {
  deps = given
  busy(el('leave-list'), '正在读取请假记录…')
  el('leave-staff').addEventListener('change', delegates)
  el('leave-from').addEventListener('change', () => {
    if (el('leave-to').value < el('leave-from').value) el('leave-to').value = el('leave-from').value
    hint()
  })
  el('desk-leave').addEventListener('submit', (event) => {
    event.preventDefault()
    void enter(el('desk-leave'))
  })
}
