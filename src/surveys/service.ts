/** Invitations: who is asked what, once per occasion, and by which address. */
import type { CustomersService } from '../customers/index.ts'
import { addMs, type Clock, DAY_MS } from '../platform/clock.ts'
import { hashId, sha256Hex } from '../platform/hash.ts'
import type { Random } from '../platform/random.ts'
import type { Reason } from '../platform/reasons.ts'
import { orderOf } from '../platform/views.ts'
import type { TreatmentsService } from '../treatments/index.ts'
import { isAbout, type Survey, type SurveyRules } from './definition.ts'
import { type Asked, mayAsk } from './fatigue.ts'
import type { InvitationRow, SurveyStore } from './model.ts'
import type { Invite, Invited, SurveysService } from './types.ts'
import type { Surveys } from './versions.ts'

export interface SurveyServiceDeps {
  store: SurveyStore
  surveys: Surveys
  rules: SurveyRules
  customers: Pick<CustomersService, 'getMany' | 'idsOfMany'>
  treatments: Pick<TreatmentsService, 'kind'>
  clock: Clock
  random: Random
  /** Where customers reach this server; null where they can't, and nothing has a link. */
  publicUrl: string | null
}

export const invitationId = (occasion: string): string => hashId('survey', occasion)
/** Bytes of chance in a link: nobody guesses another one's. */
const TOKEN_BYTES = 18
export const linkHash = (token: string): string => sha256Hex(`survey link ${token}`)
/** The address that needs no sign-in. */
export const linkOf = (publicUrl: string, token: string): string => `${publicUrl}/p/surveys/${token}`
export const SURVEY_PAGE = 'pages/survey/index'
/** Where the mini-program asks it. */
export const pageOf = (invitationId: string): string => `${SURVEY_PAGE}?invitationId=${invitationId}`

export function createSurveysService(deps: SurveyServiceDeps): Pick<SurveysService, 'invite' | 'withdraw'> {
  const { store, surveys, rules, customers, treatments, clock, random, publicUrl } = deps

  const subjectOf = (code: string | null): InvitationRow['subject'] => {
    const kind = code === null ? null : treatments.kind(code)
    return kind ? { code: kind.code, category: kind.category } : null
  }

  function rowOf(invite: Invite, may: readonly Survey[], reason: Reason | null, now: Date): InvitationRow {
    const { occasion, customerId, storeId, treatmentId, code } = invite
    const days = Math.max(0, ...may.map((one) => one.days))
    const _id = invitationId(occasion)
    return {
      _id,
      surveys: may.map(({ id, version }) => ({ id, version })),
      always: may.some(({ always }) => always),
      customerId,
      storeId,
      treatmentId,
      subject: subjectOf(code),
      occasion,
      status: may.length > 0 ? 'open' : 'not_asked',
      reason: may.length > 0 ? null : reason,
      createdAt: now,
      order: orderOf(now, _id),
      expiresAt: addMs(now, days * DAY_MS),
      links: [],
      draft: null,
      revision: 0,
      answeredAt: null,
    }
  }

  /** New invitations, each decided in the knowledge of those before it. */
  async function decide(invites: readonly Invite[], now: Date): Promise<InvitationRow[]> {
    if (invites.length === 0) return []
    const ids = [...new Set(invites.map(({ customerId }) => customerId))]
    const [people, allIds] = await Promise.all([customers.getMany(ids), customers.idsOfMany(ids)])
    const before = await store.ofCustomers([...new Set([...allIds.values()].flat())])
    const askedOf = (customerId: string): Asked[] =>
      before
        .filter((row) => (allIds.get(customerId) ?? [customerId]).includes(row.customerId))
        .map(({ surveys: some, always, createdAt, expiresAt, status }) => ({
          surveyIds: some.map(({ id }) => id),
          always,
          at: createdAt,
          expiresAt,
          answered: status === 'answered',
        }))
    return invites.flatMap((invite): InvitationRow[] => {
      const person = people.get(invite.customerId)
      const subject = subjectOf(invite.code)
      const wanted = invite.surveyIds
        .flatMap((id) => surveys.current.get(id) ?? [])
        .filter(({ only, anonymous }) => !anonymous && isAbout(only, subject))
      if (!person || wanted.length === 0) return []
      let why: Reason | null = null
      const facts = { ...person, hold: invite.hold ?? null, asked: askedOf(invite.customerId) }
      const may = wanted.filter((survey) => {
        const verdict = mayAsk(facts, survey, rules.fatigue, now)
        if (!verdict.ask) why ??= verdict.reason
        return verdict.ask
      })
      const row = rowOf(invite, may, why, now)
      before.push(row)
      return [row]
    })
  }

  return {
    async invite(invites) {
      const now = clock.now()
      const known = await store.invitations(invites.map(({ occasion }) => invitationId(occasion)))
      const ids = new Set(known.map(({ _id }) => _id))
      const fresh = await decide(
        invites.filter(({ occasion }) => !ids.has(invitationId(occasion))),
        now,
      )
      await store.insertInvitations(fresh)
      const open = [...known, ...fresh].filter(({ status, expiresAt }) => status === 'open' && expiresAt > now)
      // Whoever repeats after a death has another link than the one that may have left: both lead there.
      const tokens = new Map(publicUrl === null ? [] : open.map(({ _id }) => [_id, random.token(TOKEN_BYTES)]))
      await store.addLinks([...tokens].map(([id, token]) => ({ id, hash: linkHash(token) })))
      return new Map(
        open.map((row): [string, Invited] => {
          const token = tokens.get(row._id)
          return [
            row.occasion,
            {
              invitationId: row._id,
              title: surveys.current.get(row.surveys[0]?.id ?? '')?.title ?? '问卷',
              page: pageOf(row._id),
              link: token === undefined || publicUrl === null ? null : linkOf(publicUrl, token),
            },
          ]
        }),
      )
    },

    async withdraw(occasions, reason) {
      for (const { occasion, surveyIds } of occasions) {
        const row = await store.invitation(invitationId(occasion))
        if (row?.status !== 'open') continue
        const left = row.surveys.filter(({ id }) => !surveyIds.includes(id))
        if (left.length === row.surveys.length) continue
        await store.changeInvitation(
          row._id,
          left.length === 0 ? { status: 'withdrawn', reason, draft: null } : { surveys: left },
        )
      }
    },
  }
}
