/** Every business table of an installation, read and checked together: all problems of all files at once. */
import { join, relative } from 'node:path'
import { BOT_TEMPLATES, BotFile, templateKeyOf } from './bot/index.ts'
import {
  AdviceFile,
  AfterSalesFile,
  buildGuides,
  CARE_TEMPLATES,
  captionOf,
  checkAdvice,
  checkGuides,
  checkPathways,
  type Departments,
  type Drawing,
  type GuideBook,
  GuideFile,
  lintDrawing,
  type Pathway,
  PathwayFile,
  type PathwayProblem,
} from './care/index.ts'
import { COMPLAINT_TEMPLATES } from './complaints/index.ts'
import { type KnowledgeFiles, loadKnowledge } from './knowledge/index.ts'
import {
  buildTemplates,
  buildWordLint,
  type Cap,
  type Confirming,
  ConfirmingFile,
  GUIDE_BYTES,
  PromotionFile,
  type TemplateBook,
  TemplateFile,
  WordingFile,
  type WordLint,
} from './messaging/index.ts'
import { type PhotosConfig, PhotosFile, textsOf } from './photos/index.ts'
import { ConfigError, type ConfigLoader, createConfigLoader, formatProblem } from './platform/config.ts'
import { type ConsentDocument, ConsentsFile } from './privacy/index.ts'
import { RELATIONS_TEMPLATES } from './relations/index.ts'
import { type Organisation, OrganisationSchema } from './staff/index.ts'
import { checkSurveys, type Survey, SurveyFile, type SurveyRules, SurveyRulesFile } from './surveys/index.ts'
import { type TreatmentKind, TreatmentsSchema } from './treatments/index.ts'
import { checkTriage, loadTriage, type TriageFiles } from './triage/index.ts'

export interface AppConfig {
  organisation: Organisation
  treatments: TreatmentKind[]
  templates: TemplateBook
  guides: GuideBook
  pathways: Pathway[]
  /** How often one customer may be told of offers. */
  promotionCaps: readonly Cap[]
  /** How members are asked to confirm in WeCom what no channel carries. */
  confirming: Confirming
  /** Who sees to problems with products, and within how many hours. */
  departments: Departments
  /** The drawings beside guides, by file name without ending. */
  drawings: ReadonlyMap<string, Drawing>
  /** What is wrong with pathways beside these templates, guides and roles: everything at once. */
  review(pathways: readonly Pathway[]): PathwayProblem[]
  /** Where the file of a pathway says its version: `config/pathways/base.yaml:3`. */
  placeOf(pathway: string): string
  /** What customers are asked to agree to. */
  consents: readonly ConsentDocument[]
  surveys: readonly Survey[]
  surveyRules: SurveyRules
  photos: PhotosConfig
  /** How the assistant in the chat understands customers. */
  bot: BotFile
  /** How customers' words are read. */
  triage: TriageFiles
  /** The guides as written, for whoever reviews them. */
  guideFiles: ReadonlyMap<string, GuideFile>
  knowledge: KnowledgeFiles
  /** What no text to a customer may say. */
  words: WordLint
  /** What no doctor has approved is not said to customers. */
  withholdUnapproved: boolean
}

/**
 * `withholdUnapproved`: care guides and articles that no doctor has approved are not sent.
 *
 * @throws ConfigError with one line per problem: file, line, path, what is wrong
 */
export function loadConfig(folder: string, { withholdUnapproved = false } = {}): AppConfig {
  const loader = createConfigLoader(folder)
  const organisation = loader.load('organisation.yaml', OrganisationSchema)
  const treatments = loader.load('treatments.yaml', TreatmentsSchema)
  const templateFiles = loader.loadAll('templates', TemplateFile)
  const guideFiles = loader.loadAll('guides', GuideFile)
  const advice = loader.load('advice.yaml', AdviceFile)
  const drawings = loader.texts('illustrations', '.svg')
  const promotion = loader.load('promotion.yaml', PromotionFile)
  const surveyFiles = loader.loadAll('surveys', SurveyFile)
  const surveyRules = loader.load('survey-rules.yaml', SurveyRulesFile)
  const confirming = loader.load('confirming.yaml', ConfirmingFile)
  const afterSales = loader.load('after-sales.yaml', AfterSalesFile)
  const photos = loader.load('photos.yaml', PhotosFile)
  const consentsFile = loader.load('consents.yaml', ConsentsFile)
  const pathwayFiles = loader.loadAll('pathways', PathwayFile)
  const triage = loadTriage(loader)
  const bot = loader.load('bot.yaml', BotFile)
  const shown = (file: string) => relative(process.cwd(), join(folder, file))

  const wording = loader.load('wording.yaml', WordingFile)
  // With a part missing, checks across parts would only repeat its problem.
  const isWhole = loader.problems.length === 0
  // Without its list the lint has nothing to say, and the start fails for that.
  const words: WordLint = wording ? buildWordLint(wording) : () => []

  const { book, problems } = buildTemplates(templateFiles, words)
  for (const { file, key, message, code } of problems) {
    const name = join('templates', `${file}.yaml`)
    loader.report({
      file: shown(name),
      line: loader.lineOf(name, ['templates', key]),
      path: `templates.${key}`,
      message,
      code,
    })
  }
  for (const key of [
    ...CARE_TEMPLATES,
    ...RELATIONS_TEMPLATES,
    ...COMPLAINT_TEMPLATES,
    ...BOT_TEMPLATES.map(templateKeyOf),
    'system.welcome',
    'system.contact_welcome',
  ])
    if (!book.has(key))
      loader.report({
        file: shown('templates'),
        line: 1,
        path: `templates.${key}`,
        message: 'is missing; the server sends it',
        code: 'missing_template',
      })
  lintGuides(loader, shown, guideFiles, words)
  if (photos) checkPhotos(loader, shown, photos, words, treatments?.kinds ?? null)
  for (const [name, svg] of drawings)
    for (const message of [...lintDrawing(svg), ...words(captionOf(svg))])
      loader.report({ file: shown(join('illustrations', `${name}.svg`)), line: 1, path: '', message })
  const knowledge = loadKnowledge(loader, shown, {
    treatments: treatments && new Set(treatments.kinds.map(({ code }) => code)),
    words,
  })
  const guides = buildGuides(guideFiles)
  const pathways = [...pathwayFiles].map(([id, file]): Pathway => ({ id, ...file }))
  const surveys = [...surveyFiles].map(([id, file]): Survey => ({ id, ...file }))
  const invitable = new Set(surveys.filter(({ anonymous }) => !anonymous).map(({ id }) => id))
  const review = (all: readonly Pathway[]): PathwayProblem[] =>
    organisation && treatments
      ? checkPathways(all, {
          templates: book,
          kinds: treatments.kinds,
          guides,
          organisation,
          words,
          surveys: invitable,
        })
      : []
  if (treatments && triage)
    for (const { file, path, message } of checkTriage(triage, new Set(treatments.kinds.map(({ code }) => code)))) {
      const name = join('triage', `${file}.yaml`)
      loader.report({ file: shown(name), line: loader.lineOf(name, path), path: path.join('.'), message })
    }
  if (treatments && advice && isWhole) {
    const facts = { kinds: treatments.kinds, pictures: new Set(drawings.keys()), room: GUIDE_BYTES - SIGNS_BYTES }
    const found = [...checkGuides(guideFiles, facts), ...checkAdvice(guideFiles, advice, treatments.kinds)]
    for (const { file, path, message, code } of found) {
      const name = join('guides', `${file}.yaml`)
      loader.report({ file: shown(name), line: loader.lineOf(name, path), path: path.join('.'), message, code })
    }
    for (const { code, survey, path, message } of checkSurveys(surveys, { kinds: treatments.kinds, words })) {
      const name = join('surveys', `${survey}.yaml`)
      loader.report({ file: shown(name), line: loader.lineOf(name, path), path: path.join('.'), message, code })
    }
    for (const { code, pathway, path, message } of review(pathways)) {
      const name = join('pathways', `${pathway}.yaml`)
      loader.report({ file: shown(name), line: loader.lineOf(name, path), path: path.join('.'), message, code })
    }
  }
  if (
    loader.problems.length > 0 ||
    !organisation ||
    !treatments ||
    !wording ||
    !promotion ||
    !surveyRules ||
    !confirming ||
    !afterSales ||
    !photos ||
    !consentsFile ||
    !knowledge ||
    !bot ||
    !triage
  )
    throw new ConfigError(loader.problems.map(formatProblem))
  return {
    organisation,
    treatments: treatments.kinds,
    templates: book,
    guides: buildGuides(guideFiles, { withhold: withholdUnapproved }),
    pathways,
    review,
    placeOf(pathway) {
      const name = join('pathways', `${pathway}.yaml`)
      return `${shown(name)}:${loader.lineOf(name, ['version'])}`
    },
    promotionCaps: promotion.caps,
    confirming,
    departments: afterSales.problems,
    photos,
    bot,
    triage,
    drawings: new Map([...drawings].map(([name, svg]) => [name, { caption: captionOf(svg), svg }])),
    guideFiles,
    knowledge,
    words,
    withholdUnapproved,
    consents: consentsFile.consents,
    surveys,
    surveyRules,
  }
}

/** The sentence around urgent signs, with a long number. */
const SIGNS_BYTES = 80

/** Guides are care wherever they stand: no forbidden word, and nothing to sell. */
function lintGuides(
  loader: ConfigLoader,
  shown: (file: string) => string,
  files: ReadonlyMap<string, GuideFile>,
  words: WordLint,
): void {
  for (const [file, { urgent, days, milestones }] of files) {
    const name = join('guides', `${file}.yaml`)
    const texts = [
      { path: ['urgent'], text: urgent },
      ...Object.entries({ days, milestones }).flatMap(([group, entries]) =>
        Object.entries(entries).map(([key, { notice, brief, text }]) => ({
          path: [group, key],
          text: [notice, brief, text].join('\n'),
        })),
      ),
    ]
    for (const { path, text } of texts)
      for (const message of words(text))
        loader.report({ file: shown(name), line: loader.lineOf(name, path), path: path.join('.'), message })
  }
}

/** Hints are care, too; and a set is of treatments and techniques that exist. */
function checkPhotos(
  loader: ConfigLoader,
  shown: (file: string) => string,
  photos: PhotosConfig,
  words: WordLint,
  kinds: readonly TreatmentKind[] | null,
): void {
  const report = (path: (string | number)[], message: string) =>
    loader.report({
      file: shown('photos.yaml'),
      line: loader.lineOf('photos.yaml', path),
      path: path.join('.'),
      message,
    })
  for (const { path, text } of textsOf(photos)) for (const message of words(text)) report(path, message)
  if (!kinds) return
  for (const [i, { treatments, technique }] of photos.sets.entries())
    for (const code of treatments) {
      const kind = kinds.find((one) => one.code === code)
      if (!kind) report(['sets', i, 'treatments'], `${code} is no treatment`)
      else if (technique && !kind.techniques?.includes(technique))
        report(['sets', i, 'technique'], `${code} has no such technique`)
    }
}
