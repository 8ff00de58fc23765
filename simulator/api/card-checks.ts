/** What WeCom refuses in a template card. Advised text lengths are not checked: longer text is cut in display, not refused. */
import { ApiError, bytes, entryOf, list, record, text, whole } from './values.ts'

type Fields = Record<string, unknown>

const TASK_ID = /^[0-9A-Za-z_\-@]{1,128}$/
const KEY_BYTES = 1024
const ID_BYTES = 128

/**
 * @param isUpdate a card that replaces another: it keeps that one's task id, and its submit button may be left out
 * @throws ApiError 42014–42051
 */
export function checkCard(card: Fields, isUpdate = false): void {
  const check = entryOf(CHECKS, card.card_type)
  if (!check) throw new ApiError(42031, 'template_card.card_type invalid')
  checkShared(card)
  check(card, isUpdate)
  const needsTask = isCallbackCard(card) && !isUpdate
  if (needsTask && !TASK_ID.test(text(card.task_id))) throw new ApiError(42014, 'template_card.task_id invalid')
}

/** Whether taps on it come back as events: only those cards have a response code. */
export const isCallbackCard = (card: Fields): boolean =>
  ['button_interaction', 'vote_interaction', 'multiple_interaction'].includes(text(card.card_type)) ||
  card.action_menu !== undefined

function checkShared(card: Fields): void {
  checkLink(card.quote_area)
  checkLink(card.image_text_area)
  const facts = list(card.horizontal_content_list).map(record)
  if (facts.length > 6) throw new ApiError(42035, 'horizontal_content_list too long')
  for (const fact of facts) {
    if (!text(fact.keyname)) throw new ApiError(42027, 'horizontal_content_list.keyname missing')
    const type = whole(fact.type, 0)
    if (type === 1) checkUrl(fact.url)
    if (type === 2 && !text(fact.media_id)) throw new ApiError(42029, 'horizontal_content_list.media_id missing')
    if (type === 3 && !text(fact.userid)) throw new ApiError(42050, 'horizontal_content_list.userid missing')
  }
  const jumps = list(card.jump_list).map(record)
  if (jumps.length > 3) throw new ApiError(42042, 'jump_list too long')
  for (const jump of jumps) {
    if (!text(jump.title)) throw new ApiError(42033, 'jump_list.title missing')
    checkLink(jump)
  }
  const rows = list(card.vertical_content_list).map(record)
  if (rows.length > 4) throw new ApiError(42036, 'vertical_content_list too long')
  if (rows.some(({ title }) => !text(title))) throw new ApiError(42033, 'vertical_content_list.title missing')
  if (card.action_menu !== undefined) checkMenu(record(card.action_menu))
}

/** Shapes with `type` 1 url, 2 mini-program. */
function checkLink(value: unknown): void {
  const link = record(value)
  const type = whole(link.type, 0)
  if (type === 1) checkUrl(link.url)
  if (type === 2 && !text(link.appid)) throw new ApiError(42030, 'appid missing')
}

function checkUrl(url: unknown): void {
  if (!/^https?:\/\//.test(text(url))) throw new ApiError(42028, 'url invalid')
}

function checkMenu(menu: Fields): void {
  const actions = list(menu.action_list).map(record)
  if (actions.length < 1 || actions.length > 3) throw new ApiError(40058, 'action_menu.action_list length')
  for (const { text: label, key } of actions) if (!text(label) || !isKey(key)) throw new ApiError(42039, 'action key')
  if (repeats(actions.map(({ key }) => key))) throw new ApiError(42051, 'action_list.key repeated')
}

const isKey = (value: unknown) => text(value) !== '' && bytes(text(value)) <= KEY_BYTES
const repeats = (values: readonly unknown[]) => new Set(values).size !== values.length

function requireTitle(card: Fields): void {
  if (!text(record(card.main_title).title)) throw new ApiError(42033, 'template_card.main_title.title missing')
}

function requireAction(card: Fields): void {
  const action = record(card.card_action)
  if (![1, 2].includes(whole(action.type, 0))) throw new ApiError(42045, 'template_card.card_action invalid')
  checkLink(action)
}

function checkOptions(options: readonly Fields[], most: number): void {
  if (options.length < 1 || options.length > most) throw new ApiError(42037, 'option_list length')
  for (const option of options) {
    if (!text(option.id) || bytes(text(option.id)) > ID_BYTES) throw new ApiError(42040, 'option_list.id invalid')
    if (!text(option.text)) throw new ApiError(42041, 'option_list.text missing')
  }
  if (repeats(options.map(({ id }) => id))) throw new ApiError(42040, 'option_list.id repeated')
}

function checkSubmit(card: Fields, isUpdate: boolean): void {
  // An update may leave the button out: then the form is closed.
  if (isUpdate && card.submit_button === undefined) return
  const { text: label, key } = record(card.submit_button)
  if (!isKey(key)) throw new ApiError(42046, 'submit_button.key missing')
  if (label !== undefined && !text(label)) throw new ApiError(42049, 'submit_button.text invalid')
}

const CHECKS: Record<string, (card: Fields, isUpdate: boolean) => void> = {
  text_notice(card) {
    if (!text(record(card.main_title).title) && !text(card.sub_title_text))
      throw new ApiError(42033, 'template_card.main_title.title missing')
    requireAction(card)
  },
  news_notice(card) {
    requireTitle(card)
    requireAction(card)
    const image = text(record(card.card_image).url) || text(record(card.image_text_area).image_url)
    if (!image) throw new ApiError(42044, 'template_card.card_image.url missing')
  },
  button_interaction(card) {
    requireTitle(card)
    const buttons = list(card.button_list).map(record)
    if (buttons.length < 1 || buttons.length > 6) throw new ApiError(42038, 'button_list length')
    for (const button of buttons) {
      if (!text(button.text)) throw new ApiError(42038, 'button_list.text missing')
      if (whole(button.type, 0) === 1) checkUrl(button.url)
      else if (!isKey(button.key)) throw new ApiError(42039, 'button_list.key missing')
    }
    const keys = buttons.filter(({ type }) => whole(type, 0) !== 1).map(({ key }) => key)
    if (repeats(keys)) throw new ApiError(42051, 'button_list.key repeated')
    if (card.button_selection === undefined) return
    const selection = record(card.button_selection)
    if (!isKey(selection.question_key)) throw new ApiError(42043, 'button_selection.question_key missing')
    checkOptions(list(selection.option_list).map(record), 10)
  },
  vote_interaction(card, isUpdate) {
    requireTitle(card)
    const box = record(card.checkbox)
    if (!isKey(box.question_key)) throw new ApiError(42043, 'checkbox.question_key missing')
    checkOptions(list(box.option_list).map(record), 20)
    checkSubmit(card, isUpdate)
  },
  multiple_interaction(card, isUpdate) {
    requireTitle(card)
    const selects = list(card.select_list).map(record)
    if (selects.length < 1 || selects.length > 3) throw new ApiError(42047, 'select_list length')
    for (const select of selects) {
      if (!isKey(select.question_key)) throw new ApiError(42043, 'select_list.question_key missing')
      checkOptions(list(select.option_list).map(record), 10)
    }
    if (repeats(selects.map(({ question_key }) => question_key)))
      throw new ApiError(42043, 'select_list.question_key repeated')
    checkSubmit(card, isUpdate)
  },
}
