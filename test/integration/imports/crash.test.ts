/** A run that dies before any of its writes and is run again: every record once, every event once, no name without its person. */
import { beforeAll, expect, test } from 'vitest'
import type { KindName } from '../../../src/imports/index.ts'
import { dyingAt } from '../care/support.ts'
import { CUSTOMER_HEADINGS, customerRow, importWorld, lines } from './support.ts'

const w = await importWorld()
type Row = { _id: string } & Record<string, unknown>
const rows = (name: string, filter: object = {}) => w.collection<Row>(name).find(filter).sort({ _id: 1 }).toArray()

/** What a file of a kind says, in records named after `run`; and the collection that it fills. */
const FILES: Record<KindName, { collection: string; file: (run: string) => string }> = {
  customers: {
    collection: 'customers',
    // The second and the third share a phone.
    file: (run) =>
      lines([
        CUSTOMER_HEADINGS,
        ...[1, 2, 3].map((i) =>
          customerRow(i)
            .with(0, `${run}-${i}`)
            .with(3, `138${run.padStart(7, '0')}${Math.min(i, 2)}`),
        ),
      ]),
  },
  treatments: {
    collection: 'treatments',
    file: (run) =>
      `治疗单号,客户编号,门店,治疗项目,治疗时间\n${run}-1,HM-1,huayan,光子,2026/3/1 15:00\n${run}-2,HM-2,huayan,水光,2026/3/1 16:00\n`,
  },
  purchases: {
    collection: 'purchases',
    file: (run) =>
      `单号,客户编号,门店,付款时间,品名,金额\n${run}-1,HM-1,huayan,2026/3/1,面膜,60\n${run}-2,HM-1,huayan,2026/3/1,面膜,60\n`,
  },
  appointments: {
    collection: 'appointments',
    file: (run) =>
      `预约号,客户编号,门店,预约项目,预约时间\n${run}-1,HM-1,huayan,光子,2026/3/9 15:00\n${run}-2,HM-2,huayan,光子,2026/3/9 16:00\n`,
  },
  'follow-ups': {
    collection: 'contacts',
    file: (run) =>
      `回访编号,客户编号,门店,回访时间,回访人\n${run}-1,HM-1,huayan,2025/3/9 15:00,张\n${run}-2,HM-2,huayan,2025/3/9 16:00,李\n`,
  },
}

beforeAll(async () => {
  await w.import(w.file(lines([CUSTOMER_HEADINGS, customerRow(1), customerRow(2)])), 'customers')
})

/** Leases and graces run out, and what was left behind is done. */
let hour = 10
const later = async () => {
  w.leasesOver()
  hour += 1
  await w.to(`2026-03-02 ${hour}:00`)
}

test.each(Object.entries(FILES))('%s', async (kind, { collection, file }) => {
  let run = 100
  const all = new Set((await rows(collection)).map(({ _id }) => _id))
  const told = new Set((await rows('event_deliveries')).map(({ _id }) => _id))
  for (let n = 0; ; n++, run++) {
    const path = w.file(file(String(run)))
    const death = dyingAt(n)
    const ended = await w.import(path, kind as KindName).then(
      () => true,
      () => false,
    )
    death.revive()
    if (!ended) expect(await w.import(path, kind as KindName)).toMatchObject({ bad: 0, changed: 0 })
    const before = await w.dump()
    expect(await w.import(path, kind as KindName)).toMatchObject({ new: 0, changed: 0, bad: 0 })
    expect(await w.dump()).toEqual(before)
    if (ended) break
  }
  // Died at least before the record, and after it.
  expect(run - 100).toBeGreaterThanOrEqual(kind === 'follow-ups' ? 1 : 2)
  await later()

  const fresh = (await rows(collection)).filter(({ _id }) => !all.has(_id))
  expect(fresh).toHaveLength((run - 100 + 1) * (kind === 'customers' ? 3 : 2))
  for (const { pending = [], announceAt = null } of fresh) expect([pending, announceAt]).toEqual([[], null])
  const events = (await rows('event_deliveries')).filter(({ _id }) => !told.has(_id))
  if (kind === 'treatments') {
    const heard = fresh.flatMap(({ _id }) => ['care', 'relations'].map((who) => `treatment.completed:${_id}|${who}`))
    expect(events.map(({ _id }) => _id)).toEqual(heard.sort())
    expect(new Set(events.map(({ status }) => status))).toEqual(new Set(['done']))
    expect(await rows('care_plans')).toHaveLength(fresh.length)
  }
  if (kind === 'customers') {
    const ids = new Set(fresh.map(({ _id }) => _id))
    const names = (await rows('customer_identities')).filter(({ customerId }) => ids.has(String(customerId)))
    const kinds = names.map(({ _id, shared }) => `${_id.split(':')[0]} ${shared}`)
    const count = (what: string) => kinds.filter((one) => one === what).length
    // Three numbers and two phones each time, of which one belongs to two.
    expect([count('external_id false'), count('phone_index false'), count('phone_index true')]).toEqual([
      fresh.length,
      fresh.length / 3,
      fresh.length / 3,
    ])
  }
})
