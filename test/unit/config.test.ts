/** The shipped tables as a whole, and what a clinic could do wrong in them: every problem with file and line, before anybody is written to. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/config.ts'
import { ConfigError } from '../../src/platform/config.ts'

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** The lines that a start would end with. */
function problems(file: string, change: (text: string) => string): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'aftercare-config-'))
  folders.push(folder)
  cpSync('config', folder, { recursive: true })
  const path = join(folder, file)
  const before = readFileSync(path, 'utf8')
  const after = change(before)
  expect(after).not.toBe(before)
  writeFileSync(path, after)
  try {
    loadConfig(folder)
    return []
  } catch (error) {
    return error instanceof ConfigError
      ? error.lines.map((line) => line.replace(/^.*\/(?=\w+\/\w+\.(?:yaml|svg))/, ''))
      : [String(error)]
  }
}

test('the shipped tables have no problem, and no article counts as approved', () => {
  const files = readdirSync('config/guides').map((name) => name.replace('.yaml', ''))
  expect(loadConfig('config').guides.unapproved).toEqual(files.sort())
})

describe('a mistake is named with its place:', () => {
  const cases: [string, string, (text: string) => string, RegExp][] = [
    [
      'a template that nobody wrote',
      'pathways/base.yaml',
      (text) => text.replace('care.effect_week', 'care.effekt'),
      /^pathways\/base\.yaml:14 .*no template care\.effekt/,
    ],
    [
      'a treatment that does not exist',
      'pathways/injection.yaml',
      (text) => text.replace('skin_booster]', 'skinbooster]'),
      /^pathways\/injection\.yaml:6 .*skinbooster is no treatment/,
    ],
    [
      'guidance for a day without a guide',
      'pathways/base.yaml',
      (text) => text.replace('when: { day: 5 }', 'when: { day: 6 }'),
      /no guide for .* on day 6/,
    ],
    [
      'a call without a script',
      'pathways/injection.yaml',
      (text) => text.replace(/\n {4}script: 询问.*/, ''),
      /a call needs a script/,
    ],
    [
      'a window that ends before it begins',
      'pathways/injection.yaml',
      (text) => text.replace('[7, 10]', '[10, 7]'),
      /the window ends before it begins/,
    ],
    [
      'a promise of effect in a guide',
      'guides/skin_booster.yaml',
      (text) => text.replace('坚持防晒，避免高温环境。', '坚持护理，效果永久。'),
      /^guides\/skin_booster\.yaml:\d+ days\.3 .*永久/,
    ],
    [
      '你 in a guide',
      'guides/general.yaml',
      (text) => text.replace('为您安排', '为你安排'),
      /^guides\/general\.yaml:\d+ days\.7 .*您/,
    ],
    [
      'a forbidden word in a milestone, with the law',
      'guides/rhinoplasty.yaml',
      (text) => text.replace('手术已满一年，形态趋于稳定', '手术已满一年，形态永久稳定'),
      /^guides\/rhinoplasty\.yaml:\d+ milestones\.month12 .*永久 \(广告法第十六条/,
    ],
    [
      'a promise in what staff say on the phone',
      'pathways/injection.yaml',
      (text) => text.replace('表情是否自然', '保证表情自然'),
      /^pathways\/injection\.yaml:\d+ steps\.1\.script .*保证/,
    ],
    [
      'a drawing that nobody drew',
      'guides/general.yaml',
      (text) => text.replace('[keep_dry, no_makeup', '[keep_dry, no_make_up'),
      /^guides\/general\.yaml:\d+ days\.0\.pictures\.1 there is no drawing no_make_up/,
    ],
    [
      'a drawing without a caption',
      'illustrations/walk.svg',
      (text) => text.replace(/<title>.*<\/title>/, ''),
      /^illustrations\/walk\.svg:1 has no <title>/,
    ],
    [
      'an offer in a caption',
      'illustrations/moisturise.svg',
      (text) => text.replace('补水保湿', '补水面膜特价'),
      /^illustrations\/moisturise\.svg:1 sells \(特价\)/,
    ],
    [
      'a guide of a treatment that is not done',
      'guides/ipl.yaml',
      (text) => text.replace('codes: [ipl]', 'codes: [ipll]'),
      /^guides\/ipl\.yaml:\d+ codes\.0 ipll is no treatment/,
    ],
    [
      'a surgical day that the general guide would fill',
      'guides/liposuction.yaml',
      (text) => text.replace("  '5':\n", "  '6':\n"),
      /^guides\/liposuction\.yaml:\d+ days has no day 5/,
    ],
    [
      'two guides that would say the opposite on one day',
      'guides/hair_transplant.yaml',
      (text) => text.replace('do: [water], avoid: [alcohol', 'do: [water, cold_compress@eyes], avoid: [alcohol'),
      /^guides\/hair_transplant\.yaml:\d+ days\.3\.advice\.do\.1 on day 3 .*double_eyelid\.yaml to avoid: cold_compress \(冷敷\), eyes \(眼周\).*\[contradictory_advice\]$/,
    ],
    [
      'a tag that the vocabulary lacks',
      'guides/ipl.yaml',
      (text) => text.replace('do: [cold_compress, ', 'do: [cold_compres, '),
      /^guides\/ipl\.yaml:\d+ days\.0\.advice\.do\.0 cold_compres is no topic of config\/advice\.yaml \[unknown_advice\]$/,
    ],
    [
      'a list of words with a typo',
      'wording.yaml',
      (text) => text.replace('except: [迷你]', 'except: [迷您]'),
      /wording\.yaml:\d+ address 迷您 does not contain 你/,
    ],
    [
      'an offer in a message of care',
      'templates/care.yaml',
      (text) => text.replace('医生免费复查，电话', '医生优惠复查，电话'),
      /care\.injection_month3 sells/,
    ],
    [
      'a text that the server sends by itself',
      'templates/care.yaml',
      (text) => text.replace('  care.ask_nps:', '  care.ask_npss:'),
      /care\.ask_nps is missing/,
    ],
    [
      'an announcement that leaves the guide out',
      'templates/care.yaml',
      (text) => text.replace('请回复您合适的时间。{{guide}}', '请回复您合适的时间。'),
      /must carry \{\{guide\}\}/,
    ],
    [
      'a guide for a treatment that does not exist',
      'guides/botulinum.yaml',
      (text) => text.replace('codes: [botulinum]', 'codes: [botulinium]'),
      /^guides\/botulinum\.yaml:\d+ codes\.0 botulinium is no treatment/,
    ],
    [
      'a second guide for one treatment',
      'guides/skin_booster.yaml',
      (text) => text.replace('codes: [skin_booster]', 'codes: [skin_booster, botulinum]'),
      /^guides\/skin_booster\.yaml:\d+ (?:.*)botulinum has a guide already/,
    ],
    [
      'a pathway that matches nothing',
      'pathways/injection.yaml',
      (text) => text.replace('codes: [botulinum, hyaluronic_filler, skin_booster]', 'codes: []'),
      /^pathways\/injection\.yaml:\d+ matches\.codes/,
    ],
    [
      'a variable in a guide, which nobody fills in',
      'guides/general.yaml',
      (text) => text.replace('为您安排', '为您安排，电话{{phone}}'),
      /^guides\/general\.yaml:\d+ days\.7 has a brace/,
    ],
    [
      'a variable with spaces, which customers would read as it is',
      'templates/care.yaml',
      (text) => text.replace('{{salutation}}，您好！这里是', '{{ salutation }}，您好！这里是'),
      /templates\.care\.greeting has a brace/,
    ],
    [
      'a variable that nobody knows',
      'templates/care.yaml',
      (text) => text.replace('{{salutation}}，您好！这里是', '{{nickname}}，您好！这里是'),
      /^templates\/care\.yaml:\d+ templates\.care\.greeting names the unknown variable \{\{nickname\}\} \[unknown_variable\]$/,
    ],
    [
      'a role that no position gives any more',
      'organisation.yaml',
      (text) => text.replace(/\n.*role: operations.*/, ''),
      /^pathways\/base\.yaml:\d+ steps\.11\.owner nobody can be operations in a hospital or clinic or salon.*\[no_owner\]$/,
    ],
    [
      'an offer in what staff say on the phone',
      'pathways/injection.yaml',
      (text) => text.replace('感谢客户的反馈', '告诉客户本月有优惠'),
      /^pathways\/injection\.yaml:\d+ steps\.2\.script sells \(优惠\).*\[offer_in_care\]$/,
    ],
    [
      'a notice that is too long',
      'guides/general.yaml',
      (text) =>
        text.replace('notice: 坚持防晒，避免桑拿汗蒸', 'notice: 坚持防晒，避免桑拿汗蒸与一切高温环境和剧烈运动'),
      /^guides\/general\.yaml:\d+ days\.3\.notice/,
    ],
  ]
  test.each(cases)('%s', (_, file, change, expected) => {
    const found = problems(file, change)
    expect(
      found.some((line) => expected.test(line)),
      found.join('\n'),
    ).toBe(true)
  })
})
