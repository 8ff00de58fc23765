/** The pages that customers open from a message. */
import { z } from 'zod'
import { notFound } from '../platform/errors.ts'
import { type Page, page } from '../platform/pages.ts'
import { Id } from '../platform/views.ts'
import type { StaffService } from '../staff/index.ts'
import type { TreatmentsService } from '../treatments/index.ts'
import type { Drawing } from './drawings.ts'
import { sutureDayOf } from './facts.ts'
import { momentIn, renderGuide, renderRefusal } from './guide-page.ts'
import { AROUND_SUTURES, type GuideBook, type Moment } from './guides.ts'

const Code = z.string().regex(/^[a-z][a-z0-9_]{0,39}$/)

const isSutures = (moment: Moment) => Object.values<Moment>(AROUND_SUTURES).includes(moment)

export interface GuidePageDeps {
  guides: GuideBook
  drawings: ReadonlyMap<string, Drawing>
  treatments: Pick<TreatmentsService, 'kind'>
  staff: Pick<StaffService, 'store'>
}

export const guidePages = ({ guides, drawings, treatments, staff }: GuidePageDeps): Page[] => [
  page({
    path: '/p/guides/:code/:day',
    params: z.object({ code: Code, day: z.string().max(20) }),
    // What messengers add to addresses is nobody's business here.
    query: z.object({ t: Code.optional(), s: Id.optional() }),
    refused: renderRefusal,
    async show({ params: { code, day }, query: { t: technique, s: storeId } }) {
      const moment = momentIn(day)
      const kind = treatments.kind(code)
      const guide = kind && moment !== null ? guides.find(code, kind.category, moment, technique) : null
      const hasSutures = kind !== null && sutureDayOf(kind, technique ?? null) !== 'none'
      // One that no doctor has approved is withheld here as in messages.
      if (!kind || moment === null || !guide) throw notFound('guide_not_found', { code, day })
      return renderGuide({
        address: { code, technique, moment, storeId },
        kind,
        guide,
        drawings: guide.pictures.flatMap((name) => drawings.get(name) ?? []),
        moments: guides.moments(code, kind.category, technique).filter((one) => !isSutures(one) || hasSutures),
        store: storeId === undefined ? null : await staff.store(storeId),
      })
    },
  }),
]
