/** What a member of staff sees in WeCom: task cards with working buttons, messages of the app, own texts. */
import { empty, make, stamp, when } from './dom.js'
import { plain } from './words.js'

const button = (text, onclick, first = false) =>
  make('button', { type: 'button', class: first ? 'first' : '', text, onclick })

function question({ question_key, title, option_list }, disabled) {
  const options = option_list.map(({ id, text }) => make('option', { value: id, text }))
  return make(
    'label',
    {},
    make('span', { text: title ?? '' }),
    make('select', { 'data-question': question_key, disabled }, ...options),
  )
}

/** Several may be ticked. */
function boxes({ question_key, option_list }, disabled) {
  const options = option_list.map(({ id, text, is_checked }) =>
    make(
      'label',
      { class: 'box' },
      make('input', { type: 'checkbox', value: id, checked: is_checked === true, disabled }),
      make('span', { text }),
    ),
  )
  return make('div', { class: 'boxes', 'data-question': question_key }, ...options)
}

const facts = (rows) =>
  make(
    'dl',
    {},
    ...rows.flatMap(({ keyname, value }) => [make('dt', { text: keyname }), make('dd', { text: value ?? '' })]),
  )

function cardView({ taskId, card, replacedBy, updatedAt }, act) {
  const closed = replacedBy !== null
  const rows = card.horizontal_content_list ?? []
  const sheet = make(
    'div',
    { class: `sheet ${closed ? 'grey' : ''}` },
    make('div', { class: 'from', text: `${card.source?.desc ?? '应用'} · ${when(updatedAt)}` }),
    make('h3', { text: card.main_title?.title ?? '' }),
    card.main_title?.desc ? make('p', { text: card.main_title.desc }) : null,
    card.quote_area?.quote_text ? make('p', { class: 'quote', text: card.quote_area.quote_text }) : null,
    card.sub_title_text ? make('p', { text: card.sub_title_text }) : null,
    rows.length > 0 ? facts(rows) : null,
    ...[card.button_selection ?? [], card.select_list ?? []].flat().map((one) => question(one, closed)),
    card.checkbox ? boxes(card.checkbox, closed) : null,
  )
  const chosen = () =>
    Object.fromEntries([
      ...[...sheet.querySelectorAll('select')].map(({ dataset, value }) => [dataset.question, [value]]),
      ...[...sheet.querySelectorAll('.boxes')].map((group) => [
        group.dataset.question,
        [...group.querySelectorAll(':checked')].map(({ value }) => value),
      ]),
    ])
  const click = (key) => () => act('click', { taskId, key, selected: chosen() })
  const submit = card.submit_button
  const buttons = submit
    ? [button(submit.text ?? '提交', click(submit.key), true)]
    : (card.button_list ?? []).map(({ text, key }, i) => button(text, click(key), i === 0))
  sheet.append(
    closed ? make('div', { class: 'closed', text: replacedBy }) : make('div', { class: 'buttons' }, ...buttons),
  )
  return sheet
}

export function staffView({ cards, messages, said }, act) {
  const rows = [
    ...cards.map((card) => ({ at: card.sentAt, node: () => cardView(card, act) })),
    ...messages.map(({ at, text }) => ({ at, node: () => make('div', { class: 'bubble', text: plain(text) }) })),
    ...said.map(({ at, text }) => ({ at, node: () => make('div', { class: 'bubble mine work', text }) })),
  ].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
  if (rows.length === 0) return [empty('还没有任务。\n拨动时钟，到时间的任务会出现在这里。')]
  return rows.flatMap(({ at, node }) => [stamp(at), node()])
}
