/** Complaints that answers of a survey suggest: drafts, until whoever talks with the customer registers or dismisses them. */
import type { Announcer } from '../platform/announcements.ts'
import type { FieldCrypto } from '../platform/crypto.ts'
import { notFound } from '../platform/errors.ts'
import { hashId } from '../platform/hash.ts'
import type { TasksService } from '../tasks/index.ts'
import { type ComplaintRow, type ComplaintStore, WORDS_FIELD } from './model.ts'
import { DRAFT_CHOICES, proposedType } from './rules.ts'

/** Event `survey.low_score`: what a draft is made of. */
export interface LowScore {
  invitationId: string
  customerId: string
  storeId: string
  treatmentId: string | null
  low: { measure: string | null; opens: string }[]
  /** The task on whose card somebody decides; null: no answer suggests a complaint. */
  decidedBy: string | null
}

export interface DraftDeps {
  store: ComplaintStore
  announcer: Announcer
  tasks: Pick<TasksService, 'get'>
  crypto: Pick<FieldCrypto, 'seal'>
  /** What was written in the answers, else the bad ones in words; null: nobody has answered. */
  surveyWords: (invitationId: string) => Promise<string | null>
  /** What makes it a complaint: number, place in time, event. */
  filing: (
    row: Pick<ComplaintRow, '_id' | 'kind' | 'customerId' | 'storeId'>,
    at: Date,
  ) => Promise<Pick<ComplaintRow, 'number' | 'createdAt' | 'order' | 'pending' | 'announceAt'>>
  /** The customer hears the number, somebody gets the task. Safe to repeat. */
  tell: (row: ComplaintRow) => Promise<void>
}

export interface Drafts {
  /** Once per invitation. Safe to repeat. */
  draft(low: LowScore, answeredAt: Date): Promise<void>
  /**
   * What somebody chose on the card of the task. The first choice stands; a repeat completes what a crash cut off.
   *
   * @throws AppError not_found/complaint_not_found: the draft isn't there yet, to be tried again
   */
  decide(task: { taskId: string; byUserId: string }, at: Date): Promise<void>
  /**
   * Nobody will decide it: its task was cancelled, for a reason that is kept. Safe to repeat.
   *
   * @throws AppError not_found/complaint_not_found: the draft isn't there yet, to be tried again
   */
  drop(task: { taskId: string; reason: string }, at: Date): Promise<void>
}

const isChoice = (answer: string | null | undefined): answer is keyof typeof DRAFT_CHOICES =>
  answer != null && Object.hasOwn(DRAFT_CHOICES, answer)

/** Of the task, so that whoever decides on its card finds it; the task is the invitation's own. */
export const draftId = (taskId: string): string => `c${hashId('complaint draft', taskId)}`

export function createDrafts(deps: DraftDeps): Drafts {
  const { store, announcer, tasks, crypto, surveyWords, filing, tell } = deps
  return {
    async draft({ invitationId, customerId, storeId, treatmentId, low, decidedBy = null }, answeredAt) {
      const words = decidedBy === null ? null : await surveyWords(invitationId)
      if (decidedBy === null || words === null) return
      // The customer has died before anybody could be asked: there is no task, and nobody decides.
      if ((await tasks.get(decidedBy)) === null) return
      await store.insertDraft({
        _id: draftId(decidedBy),
        number: '',
        kind: 'complaint',
        type: proposedType(low),
        customerId,
        storeId,
        treatmentId,
        words: crypto.seal(WORDS_FIELD, words),
        demand: null,
        evidence: [],
        mayContact: true,
        status: 'draft',
        stars: null,
        history: [],
        createdAt: answeredAt,
        order: '',
        revision: 0,
        survey: { invitationId, answeredAt },
        ...announcer.fields([], answeredAt),
      })
    },
    async decide({ taskId, byUserId }, at) {
      const id = draftId(taskId)
      const [row, task] = await Promise.all([store.suggested(id), tasks.get(taskId)])
      const choice = task?.answer
      if (!isChoice(choice)) return
      if (!row) throw notFound('complaint_not_found', { complaintId: id })
      const by = { at, by: 'clinic', userId: byUserId, words: null } as const
      if (choice === 'dismiss') {
        await store.decideDraft(id, { status: 'dismissed' }, { ...by, what: 'dismissed' })
        return
      }
      if (row.status === 'draft')
        await store.decideDraft(id, { status: 'registered', ...(await filing(row, at)) }, { ...by, what: 'registered' })
      // Also of a repeat: whoever died in between had told nobody. What has gone on since was told.
      const filed = await store.get(id)
      if (filed?.status !== 'registered') return
      await tell(filed)
      if (filed.pending.length > 0) await announcer.announce('complaints', [filed])
    },
    async drop({ taskId, reason }, at) {
      const id = draftId(taskId)
      if (!(await store.suggested(id))) throw notFound('complaint_not_found', { complaintId: id })
      await store.decideDraft(id, { status: 'dismissed' }, { at, what: 'dismissed', by: 'clinic', reason, words: null })
    },
  }
}
