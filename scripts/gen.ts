/** `npm run gen`: writes what is derived from code: the API document, configuration schemas, the list of reasons, the pages of all texts. `--check` only compares. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { createConnection } from 'mongoose'
import { z } from 'zod'
import { buildApp } from '../src/app.ts'
import { BotFile } from '../src/bot/index.ts'
import { AdviceFile, AfterSalesFile, GuideFile, PathwayFile } from '../src/care/index.ts'
import { loadConfig } from '../src/config.ts'
import { IMPORT_FIELDS } from '../src/imports/index.ts'
import { ArticlesFile, SynonymsFile, TrainingFile } from '../src/knowledge/index.ts'
import { ConfirmingFile, PromotionFile, TemplateFile, WordingFile } from '../src/messaging/index.ts'
import { PhotosFile } from '../src/photos/index.ts'
import { systemClock } from '../src/platform/clock.ts'
import { createFieldCrypto } from '../src/platform/crypto.ts'
import { silentLog } from '../src/platform/log.ts'
import { createMetrics } from '../src/platform/metrics.ts'
import { openApiOf } from '../src/platform/openapi.ts'
import { systemRandom } from '../src/platform/random.ts'
import { REASONS } from '../src/platform/reasons.ts'
import { readSettings } from '../src/platform/settings.ts'
import { ConsentsFile } from '../src/privacy/index.ts'
import { OrganisationSchema } from '../src/staff/index.ts'
import { SurveyFile, SurveyRulesFile } from '../src/surveys/index.ts'
import { TreatmentsSchema } from '../src/treatments/index.ts'
import { TriageFindingsFile, TriageNormalFile, TriageRulesFile, TriageWordsFile } from '../src/triage/index.ts'
import { apiTypes } from './api-types.ts'
import { articlesPage } from './articles-page.ts'
import { contentPage } from './content-page.ts'

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`
const schema = (one: z.ZodType) => json(z.toJSONSchema(one, { io: 'input', unrepresentable: 'any' }))

/** The routes of an application that is composed but never started: nothing connects. */
function routes() {
  const { settings } = readSettings({
    MONGODB_URI: 'mongodb://127.0.0.1/none',
    WECOM_CORP_ID: 'ww',
    WECOM_AGENT_ID: '1',
    WECOM_AGENT_SECRET: 's',
    WECOM_CALLBACK_TOKEN: 't',
    WECOM_CALLBACK_AES_KEY: 'a'.repeat(43),
    WECOM_OPEN_KFID: 'wk',
    FIELD_KEYS: `k:${Buffer.alloc(32).toString('base64')}`,
    SESSION_SECRET: 's'.repeat(32),
  })
  if (!settings) throw new Error('the settings of the generator are incomplete')
  const db = createConnection()
  // Collections are handles until somebody queries them.
  Object.defineProperty(db, 'db', { value: { collection: () => ({}) } })
  return buildApp({
    db,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    crypto: createFieldCrypto(new Map([['k', Buffer.alloc(32)]])),
    nudge: () => undefined,
    leaseMs: 1,
    settings,
    config: loadConfig('config'),
    metrics: createMetrics({ defaults: false }),
  }).routes
}

function reasonsPage(): string {
  const rows = Object.entries(REASONS).map(([code, { zh, en }]) => `| \`${code}\` | ${zh} | ${en} |`)
  return [
    '# Reasons',
    '',
    'Every skip, delay and choice of channel keeps one of these codes. Written from `src/platform/reasons.ts` by `npm run gen`.',
    '',
    '| code | 中文 | English |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n')
}

function columnsPage(): string {
  const cell = (text: string) => text.replaceAll('|', '\\|')
  const kinds = Object.entries(IMPORT_FIELDS).flatMap(([kind, fields]) => [
    `## ${kind}`,
    '',
    '| field | 中文 | needed | headings that are understood |',
    '| --- | --- | --- | --- |',
    ...fields.map(
      ({ name, zh, required, headings }) =>
        `| \`${name}\` | ${zh} | ${required ? 'yes' : ''} | ${headings.map((one) => cell([one].flat().join(' + '))).join(', ')} |`,
    ),
    '',
  ])
  return [
    '# Columns of imported files',
    '',
    'What `npm run import` reads of each kind of file, and by which headings; `a + b`: two columns that belong together. How it works and how to map other headings: [import](import.md).',
    'Written from `src/imports/` by `npm run gen`.',
    '',
    ...kinds,
  ].join('\n')
}

const files: Record<string, () => string> = {
  'docs/openapi.json': () => json(openApiOf(routes())),
  'miniprogram/typings/api.d.ts': () => apiTypes(routes()),
  'docs/reasons.md': reasonsPage,
  'docs/import-columns.md': columnsPage,
  'docs/content.md': () => contentPage(loadConfig('config')),
  'docs/articles.md': () => articlesPage(loadConfig('config')),
  'config/schema/pathway.json': () => schema(PathwayFile),
  'config/schema/advice.json': () => schema(AdviceFile),
  'config/schema/guide.json': () => schema(GuideFile),
  'config/schema/templates.json': () => schema(TemplateFile),
  'config/schema/promotion.json': () => schema(PromotionFile),
  'config/schema/confirming.json': () => schema(ConfirmingFile),
  'config/schema/after-sales.json': () => schema(AfterSalesFile),
  'config/schema/wording.json': () => schema(WordingFile),
  'config/schema/consents.json': () => schema(ConsentsFile),
  'config/schema/survey.json': () => schema(SurveyFile),
  'config/schema/survey-rules.json': () => schema(SurveyRulesFile),
  'config/schema/triage-words.json': () => schema(TriageWordsFile),
  'config/schema/triage-findings.json': () => schema(TriageFindingsFile),
  'config/schema/triage-normal.json': () => schema(TriageNormalFile),
  'config/schema/triage-rules.json': () => schema(TriageRulesFile),
  'config/schema/knowledge.json': () => schema(ArticlesFile),
  'config/schema/synonyms.json': () => schema(SynonymsFile),
  'config/schema/bot.json': () => schema(BotFile),
  'config/schema/training.json': () => schema(TrainingFile),
  'config/schema/photos.json': () => schema(PhotosFile),
  'config/schema/organisation.json': () => schema(OrganisationSchema),
  'config/schema/treatments.json': () => schema(TreatmentsSchema),
}

const checking = process.argv.includes('--check')
let stale = 0
for (const [path, make] of Object.entries(files)) {
  const text = make()
  let current = ''
  try {
    current = readFileSync(path, 'utf8')
  } catch {
    // not there yet
  }
  if (current === text) continue
  stale += 1
  if (checking) process.stderr.write(`${path} is stale: run npm run gen\n`)
  else {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    process.stderr.write(`${path} written\n`)
  }
}
process.exit(checking && stale > 0 ? 1 : 0)
