/** What other records say about a plan: the next session, further operations, the suture day. */
import { describe, expect, test } from 'vitest'
import { furtherOperations, hangingFacts, hangs, isSameSeries, matchFacts, movedBy } from '../../../src/care/facts.ts'
import { ofAppointment, ofPurchase, type Subject, subjectOf } from '../../../src/care/subjects.ts'
import type { Appointment, Treatment } from '../../../src/treatments/index.ts'
import { at, kinds, pathways } from './clinic.ts'

const ZONE = 'Asia/Shanghai'
const kindOf = (code: string) => {
  const kind = kinds.find((one) => one.code === code)
  if (!kind) throw new Error(`no treatment ${code}`)
  return kind
}
let serial = 0
const treatment = (code: string, on: string, more: Partial<Treatment> = {}): Treatment => {
  serial += 1
  return {
    id: `t${serial}`,
    externalId: `T-${serial}`,
    customerId: 'c',
    storeId: 's',
    code,
    technique: null,
    doctorUserId: null,
    consultantUserId: null,
    endedAt: at(`${on} 15:00`),
    treatedOn: on,
    enteredAt: at(`${on} 15:00`),
    status: 'completed',
    sutureRemovalOn: null,
    nextSessionOn: null,
    inHospital: false,
    dischargedOn: null,
    course: null,
    ...more,
  }
}
const visit = (code: string, startsAt: string, status: Appointment['status'] = 'booked'): Appointment => {
  serial += 1
  const own = { id: `a${serial}`, externalId: `A-${serial}`, customerId: 'c', storeId: 's', doctorUserId: null }
  return { ...own, code, startsAt: at(startsAt), status, movedFrom: null }
}
const factsOf = (one: Treatment, appointments: Appointment[] = [], others: Treatment[] = []) =>
  hangingFacts(subjectOf(one), kindOf(one.code), { treatments: [one, ...others], appointments }, ZONE, [])
const next = (...args: Parameters<typeof factsOf>) => factsOf(...args).dates?.next_session_date

describe('the next session', () => {
  const own = treatment('ipl', '2026-03-02', { nextSessionOn: '2026-04-10' })
  test('is the booked appointment, else the doctor’s date', () => {
    expect(next(own)).toBe('2026-04-10')
    expect(next(own, [visit('ipl', '2026-04-02 10:00'), visit('ipl', '2026-05-02 10:00', 'moved')])).toBe('2026-04-02')
    expect(next(own, [visit('ipl', '2026-04-02 10:00', 'cancelled')])).toBe('2026-04-10')
    expect(next(treatment('ipl', '2026-03-02'), [visit('ipl', '2026-04-02 10:00', 'cancelled')])).toBeNull()
    expect(next({ ...own, nextSessionOn: 'none' })).toBe('none')
  })
  test('is no visit for something else, none of the past, and not the visit of the day itself', () => {
    const bare = treatment('ipl', '2026-03-02')
    expect(next(bare, [visit('rf', '2026-04-02 10:00')])).toBeNull()
    expect(next(bare, [visit('ipl', '2026-02-02 10:00')])).toBeNull()
    expect(next(bare, [visit('ipl', '2026-03-02 17:00')])).toBeNull()
  })
  test('stays known while the customer is there and the treatment is not entered yet', () => {
    expect(next(treatment('ipl', '2026-03-02'), [visit('ipl', '2026-04-02 10:00', 'arrived')])).toBe('2026-04-02')
  })
  test('that has taken place wins over everything that was booked', () => {
    const facts = factsOf(
      own,
      [visit('ipl', '2026-04-02 10:00')],
      [treatment('ipl', '2026-03-20'), treatment('rf', '2026-03-10')],
    )
    expect([facts.dates?.next_session_date, facts.nextDoneOn]).toEqual(['2026-03-20', '2026-03-20'])
    const cancelled = factsOf(own, [], [treatment('ipl', '2026-03-20', { status: 'cancelled' })])
    expect(cancelled.nextDoneOn).toBeNull()
  })
  test('of a course is a session of that course', () => {
    const session = (id: string, n: number, on: string) => treatment('ipl', on, { course: { id, session: n, of: 3 } })
    expect(isSameSeries(session('k', 1, '2026-03-02'), session('k', 2, '2026-04-02'))).toBe(true)
    expect(isSameSeries(session('k', 1, '2026-03-02'), session('l', 2, '2026-04-02'))).toBe(false)
    expect(isSameSeries(session('k', 1, '2026-03-02'), treatment('ipl', '2026-04-02'))).toBe(false)
    expect(
      isSameSeries(
        session('k', 1, '2026-03-02'),
        treatment('rf', '2026-04-02', { course: { id: 'k', session: 2, of: 3 } }),
      ),
    ).toBe(true)
  })
})

test('the suture day comes from the record, else from the operation or its technique, and may be unknown', () => {
  const fut = factsOf(treatment('hair_transplant', '2026-03-02', { technique: 'fut' }))
  expect([fut.sutureDay, fut.dates?.suture_removal_date]).toEqual([10, undefined])
  expect(factsOf(treatment('hair_transplant', '2026-03-02', { technique: 'fue' })).sutureDay).toBe('none')
  expect(factsOf(treatment('hair_transplant', '2026-03-02')).sutureDay).toBeNull()
  expect(factsOf(treatment('canthoplasty', '2026-03-02')).sutureDay).toBe(10)
  expect(factsOf(treatment('double_eyelid', '2026-03-02'))).not.toHaveProperty('sutureDay')
  const told = treatment('canthoplasty', '2026-03-02', { sutureRemovalOn: '2026-03-09' })
  expect(factsOf(told).dates?.suture_removal_date).toBe('2026-03-09')
})

test('further operations are those that took place on later days, whatever their kind', () => {
  const first = treatment('double_eyelid', '2026-03-02')
  const isOperation = ({ code }: Treatment) => ['double_eyelid', 'rhinoplasty'].includes(code)
  const later = treatment('rhinoplasty', '2026-05-02')
  const all = [
    first,
    later,
    treatment('ipl', '2026-04-02'),
    treatment('rhinoplasty', '2026-02-02'),
    treatment('rhinoplasty', '2026-06-02', { status: 'cancelled' }),
  ]
  const found = (one: Treatment) =>
    furtherOperations(subjectOf(one), { treatments: all, appointments: [] }, isOperation)
  expect(found(first)).toEqual([later])
  expect(found(all[2] as Treatment)).toEqual([])
})

describe('whose plans it moves', () => {
  const [a, b, c] = [treatment('ipl', '2026-01-02'), treatment('ipl', '2026-02-02'), treatment('ipl', '2026-03-02')]
  const [nose, eyes] = [treatment('rhinoplasty', '2025-12-02'), treatment('double_eyelid', '2026-02-20')]
  const history = (...more: Treatment[]) => ({
    treatments: [a, b, nose, treatment('rf', '2026-01-20'), ...more],
    appointments: [],
  })
  const isOne = ({ code }: Treatment) => code === 'rhinoplasty' || code === 'double_eyelid'
  const ids = (found: readonly Treatment[]) => found.map(({ id }) => id)
  test('a session moves the one before it, and not the whole history', () => {
    expect(ids(movedBy(subjectOf(c), history(c), isOne, 'next'))).toEqual([b.id])
    // Entered late, between two others.
    const between = treatment('ipl', '2026-01-15')
    expect(ids(movedBy(subjectOf(between), history(c, between), isOne, 'next'))).toEqual([a.id])
    expect(ids(movedBy(subjectOf(c), history(c), isOne, 'all'))).toEqual([a.id, b.id])
  })
  test('a visit moves those that wait for one', () => {
    const booked = ofAppointment(visit('ipl', '2026-04-02 10:00'), ZONE)
    expect(ids(movedBy(booked, history(), isOne, 'next'))).toEqual([b.id])
  })
  test('an operation moves the earlier ones', () => {
    expect(ids(movedBy(subjectOf(eyes), history(eyes), isOne, 'next'))).toEqual([nose.id])
    expect(ids(movedBy(subjectOf(nose), history(eyes), isOne, 'next'))).toEqual([])
  })
})

test('the discharge is asked for while the customer is in hospital, and nobody else is asked', () => {
  expect(factsOf(treatment('liposuction', '2026-03-02')).dates?.discharge_date).toBe('none')
  const inside = treatment('liposuction', '2026-03-02', { inHospital: true })
  expect([factsOf(inside).dates?.discharge_date, factsOf(inside).stayUntil]).toEqual([null, null])
  const home = factsOf({ ...inside, dischargedOn: '2026-03-05' })
  expect([home.dates?.discharge_date, home.stayUntil]).toEqual(['2026-03-05', '2026-03-05'])
})

test('other records are read only for treatments that they can move', () => {
  const moves = (code: string, more: Partial<Treatment> = {}) =>
    hangs(pathways, matchFacts(subjectOf(treatment(code, '2026-03-02', more)), kindOf(code), { type: 'hospital' }))
  for (const code of ['botulinum', 'hyaluronic_filler', 'skin_booster']) expect(moves(code)).toBe(false)
  for (const code of ['ipl', 'rf', 'double_eyelid', 'salon_care']) expect(moves(code)).toBe(true)
  expect(moves('skin_booster', { course: { id: 'k', session: 1, of: 3 } })).toBe(true)
})

describe('records beside treatments', () => {
  const bought = (items: { code?: string | null; type?: 'device' | 'make_up' }[]) =>
    ofPurchase(
      {
        id: 'p',
        externalId: 'P',
        customerId: 'c',
        storeId: 's',
        paidAt: at('2026-03-02 23:30'),
        amountFen: 1,
        items: items.map(({ code = null, ...one }) => ({ name: '产品', code, quantity: 1, amountFen: 1, ...one })),
      },
      (code) => code === 'product',
      ZONE,
    ) as Subject
  test('a purchase is about the kinds of its products; what nobody sorted counts as skin care', () => {
    expect(bought([{ type: 'device' }, { type: 'device' }, { code: 'product' }]).products).toEqual([
      'device',
      'skin_care',
    ])
    expect(bought([{ type: 'make_up' }]).treatedOn).toBe('2026-03-02')
  })
  test('a purchase without products has no plan: a package, or a deposit', () => {
    expect(bought([{ code: 'ipl' }, {}])).toBeNull()
  })
  test('an appointment counts as long as the customer is expected', () => {
    const standing = (status: Appointment['status']) =>
      ofAppointment(visit('ipl', '2026-03-20 10:00', status), ZONE).status
    expect([standing('booked'), standing('moved'), standing('cancelled'), standing('arrived')]).toEqual([
      'completed',
      'completed',
      'cancelled',
      'cancelled',
    ])
  })
})
