import { describe, expect, test } from 'vitest'
import { salutationOf } from '../../../src/customers/names.ts'
import { type Candidate, decideJoin, type IdentityKey, isMobile, type Owned } from '../../../src/customers/rules.ts'

describe('salutation', () => {
  test.each([
    ['王小美', 'female', '王女士'],
    ['李强', 'male', '李先生'],
    ['欧阳娜', 'female', '欧阳女士'],
    ['司马青衫', 'male', '司马先生'],
    ['欧阳', 'male', '欧先生'],
    ['王小美', 'unknown', '王小美'],
    ['Anna Müller', 'female', 'Anna Müller'],
    ['阿依古丽·买买提', 'female', '阿依古丽·买买提'],
    ['小美🌸', 'female', '小美🌸'],
    ['', 'female', '贵宾'],
  ] as const)('%s (%s) is addressed as %s', (name, gender, expected) => {
    expect(salutationOf(name, gender)).toBe(expected)
  })
})

describe('joining', () => {
  const at = (minute: number) => new Date(Date.UTC(2026, 2, 2, 0, minute))
  const someone = (id: string, over: Partial<Candidate> = {}): Candidate => ({
    id,
    provisional: true,
    createdAt: at(0),
    unionId: null,
    ...over,
  })
  const owned = (key: IdentityKey, owner: Candidate | null, shared = false): Owned => ({ key, owner, shared })

  test('a provisional person is taken into the known one, however old', () => {
    const known = someone('k', { provisional: false, createdAt: at(9) })
    const decision = decideJoin([owned('openid:o', someone('p')), owned('phone_index:1', known)], null)
    expect(decision).toMatchObject({ target: { id: 'k' }, absorb: [{ id: 'p' }], claim: [], clashes: [] })
  })

  test('two known customers are never merged; the older one answers', () => {
    const older = someone('b', { provisional: false })
    const younger = someone('a', { provisional: false, createdAt: at(1) })
    const decision = decideJoin([owned('openid:o', younger), owned('phone_index:1', older)], null)
    expect(decision).toMatchObject({
      target: { id: 'b' },
      absorb: [],
      clashes: [{ kind: 'openid', ownerId: 'a', otherId: 'b' }],
    })
  })

  test("the clinic's own number says who is meant", () => {
    const mother = someone('m', { provisional: false })
    const daughter = someone('d', { provisional: false, createdAt: at(1) })
    const decision = decideJoin([owned('external_id:D', daughter), owned('phone_index:1', mother)], null)
    expect(decision).toMatchObject({ target: { id: 'd' }, clashes: [{ ownerId: 'm', otherId: 'd' }] })
  })

  test('a phone never joins two unionids', () => {
    const wife = someone('w', { unionId: 'u1' })
    const decision = decideJoin([owned('unionid:u2', null), owned('phone_index:1', wife)], 'u2')
    expect(decision).toMatchObject({ target: null, absorb: [], claim: ['unionid:u2'], clashes: [{ ownerId: 'w' }] })
    const husband = someone('h', { unionId: 'u2', createdAt: at(5) })
    expect(decideJoin([owned('openid:o', husband), owned('phone_index:1', wife)], null)).toMatchObject({
      target: { id: 'w' },
      absorb: [],
      clashes: [{ ownerId: 'h', otherId: 'w' }],
    })
  })

  test('two strangers with different unionids are not taken in through a third without one', () => {
    const decision = decideJoin(
      [
        owned('phone_index:1', someone('a')),
        owned('openid:o', someone('b', { unionId: 'u1', createdAt: at(1) })),
        owned('external_userid:e', someone('c', { unionId: 'u2', createdAt: at(2) })),
      ],
      null,
    )
    expect(decision.target?.id).toBe('a')
    expect(decision.absorb.map(({ id }) => id)).toEqual(['b'])
    expect(decision.clashes).toMatchObject([{ ownerId: 'c', otherId: 'a' }])
  })

  test('a shared phone tells nobody apart', () => {
    const known = someone('k', { provisional: false })
    expect(decideJoin([owned('external_userid:e', null), owned('phone_index:1', known, true)], null)).toMatchObject({
      target: null,
      claim: ['external_userid:e'],
      clashes: [{ kind: 'phone_index', ownerId: 'k', otherId: null }],
    })
  })

  test('only mainland mobiles join people', () => {
    expect(['13800138000', '19912345678'].every(isMobile)).toBe(true)
    expect(['12345678901', '02160000001', '1380013800', ''].some(isMobile)).toBe(false)
  })
})
