/** Every business table of an installation, read and checked together: all problems of all files at once. */
import { join, relative } from 'node:path'
import {
  buildGuides,
  CARE_TEMPLATES,
  checkGuides,
  checkPathways,
  type GuideBook,
  GuideFile,
  type Pathway,
  PathwayFile,
} from './care/index.ts'
import { buildTemplates, lintWords, type TemplateBook, TemplateFile } from './messaging/index.ts'
import { ConfigError, createConfigLoader, formatProblem } from './platform/config.ts'
import { type Organisation, OrganisationSchema } from './staff/index.ts'
import { type TreatmentKind, TreatmentsSchema } from './treatments/index.ts'

export interface AppConfig {
  organisation: Organisation
  treatments: TreatmentKind[]
  templates: TemplateBook
  guides: GuideBook
  pathways: Pathway[]
}

/**
 * `withholdUnapproved`: care guides that no doctor has approved are not sent.
 *
 * @throws ConfigError with one line per problem: file, line, path, what is wrong
 */
export function loadConfig(folder: string, { withholdUnapproved = false } = {}): AppConfig {
  const loader = createConfigLoader(folder)
  const organisation = loader.load('organisation.yaml', OrganisationSchema)
  const treatments = loader.load('treatments.yaml', TreatmentsSchema)
  const templateFiles = loader.loadAll('templates', TemplateFile)
  const guideFiles = loader.loadAll('guides', GuideFile)
  const pathwayFiles = loader.loadAll('pathways', PathwayFile)
  const shown = (file: string) => relative(process.cwd(), join(folder, file))

  const { book, problems } = buildTemplates(templateFiles)
  for (const { file, key, message } of problems) {
    const name = join('templates', `${file}.yaml`)
    loader.report({
      file: shown(name),
      line: loader.lineOf(name, ['templates', key]),
      path: `templates.${key}`,
      message,
    })
  }
  for (const key of [...CARE_TEMPLATES, 'system.welcome'])
    if (!book.has(key))
      loader.report({
        file: shown('templates'),
        line: 1,
        path: `templates.${key}`,
        message: 'is missing; the server sends it',
      })
  for (const [file, { urgent, days }] of guideFiles) {
    const name = join('guides', `${file}.yaml`)
    const texts = [
      { path: ['urgent'], text: urgent },
      ...Object.entries(days).map(([day, entry]) => ({ path: ['days', day], text: Object.values(entry).join('\n') })),
    ]
    for (const { path, text } of texts)
      for (const message of lintWords(text))
        loader.report({ file: shown(name), line: loader.lineOf(name, path), path: path.join('.'), message })
  }
  for (const { file, path, message } of treatments ? checkGuides(guideFiles, treatments.kinds) : []) {
    const name = join('guides', `${file}.yaml`)
    loader.report({ file: shown(name), line: loader.lineOf(name, path), path: path.join('.'), message })
  }
  const guides = buildGuides(guideFiles)
  const pathways = [...pathwayFiles].map(([id, file]): Pathway => ({ id, ...file }))
  // Cross checks need all parts: with one missing they would only repeat its problem.
  if (treatments && loader.problems.length === 0) {
    for (const { pathway, path, message } of checkPathways(pathways, book, treatments.kinds, guides)) {
      const name = join('pathways', `${pathway}.yaml`)
      loader.report({ file: shown(name), line: loader.lineOf(name, path), path: path.join('.'), message })
    }
  }
  if (loader.problems.length > 0 || !organisation || !treatments)
    throw new ConfigError(loader.problems.map(formatProblem))
  return {
    organisation,
    treatments: treatments.kinds,
    templates: book,
    guides: buildGuides(guideFiles, { withhold: withholdUnapproved }),
    pathways,
  }
}
