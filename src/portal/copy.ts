/** A copy of everything that is kept about a customer, with names where records have ids. Each part is a list or one record. */
import type { MyCare } from '../care/index.ts'
import type { ComplaintsService } from '../complaints/index.ts'
import type { CustomersDesk } from '../customers/index.ts'
import type { Angle, PhotosService } from '../photos/index.ts'
import type { CopyPart, PrivacyService } from '../privacy/index.ts'
import type { StaffService } from '../staff/index.ts'
import type { SurveysService } from '../surveys/index.ts'
import { ANAESTHESIA, type Treatment, type TreatmentsService } from '../treatments/index.ts'

export interface CopyDeps {
  customers: Pick<CustomersDesk, 'card'>
  treatments: Pick<TreatmentsService, 'ofCustomer' | 'appointmentsOf' | 'wishesOf' | 'kind'>
  care: Pick<MyCare, 'stepsOf'>
  staff: Pick<StaffService, 'stores' | 'members'>
  photos: Pick<PhotosService, 'albumOf' | 'notesOf'>
  surveys: Pick<SurveysService, 'copyOf'>
  complaints: Pick<ComplaintsService, 'copyOf'>
  privacy: Pick<PrivacyService, 'consents' | 'requests'>
  angles: Record<Angle, { title: string }>
}

const PURPOSES = { care: '恢复记录', evidence: '投诉与建议的附件' } as const
/** A person asks for some dozens of things in a life. */
const MOST_REQUESTS = 200

/** @throws AppError not_found/customer_not_found */
export async function copyOf(deps: CopyDeps, customerId: string): Promise<CopyPart[]> {
  const { customers, treatments, care, photos, surveys, complaints, privacy, angles } = deps
  const [card, done, appointments, album, notes, answers, filed, consents, requests] = await Promise.all([
    customers.card(customerId),
    treatments.ofCustomer(customerId),
    treatments.appointmentsOf(customerId),
    photos.albumOf(customerId),
    photos.notesOf(customerId),
    surveys.copyOf(customerId),
    complaints.copyOf(customerId),
    privacy.consents(customerId),
    privacy.requests(customerId, { limit: MOST_REQUESTS, after: null }),
  ])
  const name = await namesOf(deps, [card, ...done, ...appointments])
  const titles = new Map(done.map(({ id, code, treatedOn }) => [id, `${name.kind(code)}（${treatedOn}）`]))
  const titleOf = (treatmentId: string | null) => titles.get(treatmentId ?? '') ?? null
  const [steps, wishes] = await Promise.all([
    care.stepsOf(done.map(({ id }) => id)),
    treatments.wishesOf(appointments.filter(({ answer }) => answer?.what === 'move').map(({ id }) => id)),
  ])

  const { _id, id, storeIds, ownerUserId, followUserIds, ...person } = card
  const content: Record<string, unknown> = {
    customer: {
      ...person,
      stores: storeIds.map(name.store),
      owner: name.member(ownerUserId),
      followers: followUserIds.map(name.member),
    },
    treatments: done.map((one) => treatmentOf(one, name)),
    appointments: appointments.map(({ id, code, storeId, startsAt, status, externalId, answer }) => ({
      ...{ treatment: name.kind(code), store: name.store(storeId), startsAt, status, externalId },
      ...{ answer: answer?.what ?? null, answeredAt: answer?.at ?? null, wish: wishes.get(id) ?? null },
    })),
    care: steps.map(({ treatmentId, title, day, status, action }) => ({
      ...{ title, treatment: titleOf(treatmentId), day, status, action },
    })),
    photos: album.map(({ angle, purpose, treatmentId, takenAt, state, locked, keepUntil }) => ({
      ...{ angle: angles[angle].title, purpose: PURPOSES[purpose], treatment: titleOf(treatmentId) },
      ...{ takenAt, state, locked, keepUntil },
    })),
    photoNotes: notes.map(({ words, at, treatmentId }) => ({ at, treatment: titleOf(treatmentId), words })),
    surveys: answers.map(({ treatmentId, storeId, ...one }) => ({
      ...{ ...one, treatment: titleOf(treatmentId), store: name.store(storeId) },
    })),
    complaints: filed.map(({ treatmentId, ...one }) => ({ ...one, treatment: titleOf(treatmentId) })),
    consents: consents.map(({ title, version, granted, at }) => ({ title, version, granted, at })),
    requests: requests.map(({ kind, words, at, answerBy }) => ({ kind, words, at, answerBy })),
  }
  return Object.entries(content).map(([part, one]) => ({ name: part, content: one }))
}

interface Names {
  kind(code: string): string
  store(id: string): string
  member(userId: string | null | undefined): string | null
}

/** Of what these records point to; what is known no more keeps its number. */
async function namesOf(
  { treatments, staff }: Pick<CopyDeps, 'treatments' | 'staff'>,
  records: readonly Partial<
    Pick<Treatment, 'storeId' | 'doctorUserId' | 'consultantUserId' | 'assistantUserId'> & {
      storeIds: string[]
      ownerUserId: string | null
      followUserIds: string[]
    }
  >[],
): Promise<Names> {
  const storeIds = records.flatMap(({ storeId = [], storeIds: some = [] }) => [storeId, some].flat())
  const userIds = records.flatMap((one) => [
    ...[one.doctorUserId, one.consultantUserId, one.assistantUserId, one.ownerUserId].flatMap((id) => id ?? []),
    ...(one.followUserIds ?? []),
  ])
  const [stores, members] = await Promise.all([
    staff.stores([...new Set(storeIds)]),
    staff.members([...new Set(userIds)]),
  ])
  return {
    kind: (code) => treatments.kind(code)?.name ?? code,
    store: (id) => stores.get(id)?.displayName ?? id,
    member: (id) => (id ? (members.get(id)?.name ?? id) : null),
  }
}

const treatmentOf = (
  { id, customerId, storeId, code, doctorUserId, consultantUserId, assistantUserId, anaesthesia, ...rest }: Treatment,
  name: Names,
) => ({
  treatment: name.kind(code),
  store: name.store(storeId),
  doctor: name.member(doctorUserId),
  consultant: name.member(consultantUserId),
  assistant: name.member(assistantUserId),
  anaesthesia: anaesthesia ? ANAESTHESIA[anaesthesia] : null,
  ...rest,
})
