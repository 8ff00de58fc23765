/** Whoever has died needs nobody; whoever wants no contact is left alone, apart from what concerns safety (domain 4). Pure. */
import type { Customer } from '../customers/index.ts'
import type { OpenTask, TaskKind } from './types.ts'

/**
 * For doctors, nurses and whoever sees to it that they act: a wish for no messages heals no wound. And what the customer is
 * owed: an answer to a complaint, to a question about the own data, to a problem with a product, and to one in the chat; and the
 * call about another time that the customer asked for.
 */
const SAFETY: readonly TaskKind[] = [
  'doctor_contact',
  'decide_contact',
  'case_escalation',
  'red_flag',
  'set_day',
  'chat_reply',
  'complaint',
  'data_request',
  'after_sales',
  'appointment_move',
]
/** What nobody has asked for. What the customer has asked, or a message that safety needs, is still somebody's. */
const UNASKED: readonly TaskKind[] = ['contact_call', 'consultant_follow', 'case_follow', 'decide_consultation']

/** Whether a task about the customer may begin now. */
export const mayOpen = (kind: TaskKind, { deceased, optOut }: Pick<Customer, 'deceased' | 'optOut'>): boolean =>
  !deceased && !(optOut.all && UNASKED.includes(kind))

/** Whether an open task outlives the customer's wish for no contact at all. */
export const outlivesOptOut = ({ kind, choice }: Pick<OpenTask, 'kind' | 'choice'>): boolean =>
  // What a survey said may be a complaint: somebody decides.
  SAFETY.includes(kind) || (kind === 'survey_low' && Boolean(choice))
