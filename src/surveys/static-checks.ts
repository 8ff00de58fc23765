/** What a careful reader would refuse in a survey before a customer stands in front of it. Pure. */
import type { WordLint } from '../messaging/index.ts'
import { wordCode } from '../messaging/index.ts'
import type { TreatmentKind } from '../treatments/index.ts'
import type { About, Answer, Answers, Condition, Question, Survey } from './definition.ts'
import { asked, conditionsOf, type Subject, tailored } from './evaluate.ts'

export interface SurveyProblem {
  /** Stable, for programs. */
  code: string
  survey: string
  /** Path inside the file. */
  path: (string | number)[]
  message: string
}

export interface SurveyCheckFacts {
  kinds: readonly Pick<TreatmentKind, 'code' | 'category'>[]
  words: WordLint
}

type Add = (code: string, path: (string | number)[], message: string) => void

export function checkSurveys(surveys: readonly Survey[], facts: SurveyCheckFacts): SurveyProblem[] {
  return surveys.flatMap((survey) => {
    const found: SurveyProblem[] = []
    const add: Add = (code, path, message) => found.push({ code, survey: survey.id, path, message })
    checkWords(survey, facts.words, add)
    checkAbout(survey.only, ['only'], facts, add)
    const seen = new Map<string, number>()
    for (const [i, question] of survey.questions.entries()) {
      const at: Add = (code, path, message) => add(code, ['questions', i, ...path], message)
      if (seen.has(question.id)) at('duplicate_question', ['id'], `${question.id} stands twice`)
      else seen.set(question.id, i)
      checkLists(question, at)
      checkMeasure(question, at)
      checkAbout(question.only, ['only'], facts, at)
      for (const [n, variant] of (question.variants ?? []).entries()) checkAbout(variant, ['variants', n], facts, at)
      if (survey.anonymous && question.kind === 'photo')
        at('anonymous_photo', ['kind'], 'a photo is uploaded by somebody: nothing anonymous may ask for one')
    }
    const measured = survey.questions.flatMap(({ measures, only, showIf }, i) =>
      measures && !only && !showIf ? [[measures, i] as const] : [],
    )
    for (const [measure, i] of measured)
      if (measured.some(([other, j]) => other === measure && j < i))
        add('duplicate_measure', ['questions', i, 'measures'], `${measure} is asked twice of everybody`)
    if (found.some(({ code }) => code === 'duplicate_question')) return found
    const broken = checkBranches(survey, seen, add)
    if (!broken) checkReach(survey, facts, add)
    return found
  })
}

function checkWords({ title, intro, thanks, questions }: Survey, words: WordLint, add: Add): void {
  const lint = (path: (string | number)[], text: string) => {
    for (const message of words(text, 'care')) add(wordCode(message) ?? 'forbidden_word', path, message)
  }
  for (const [field, text] of Object.entries({ title, intro, thanks })) lint([field], text)
  if (!/谢/.test(intro + thanks)) add('no_thanks', ['thanks'], 'nobody says thanks for the answers')
  for (const [i, question] of questions.entries()) {
    const labels =
      'options' in question ? question.options : 'rows' in question ? [...question.rows, ...question.columns] : []
    const texts = [
      question.title,
      question.help ?? '',
      ...(question.variants ?? []).flatMap((one) => [one.title, one.help ?? '']),
      ...labels.map(({ text }) => text),
    ]
    for (const text of texts) lint(['questions', i], text)
  }
}

function checkAbout(about: About | undefined, path: (string | number)[], { kinds }: SurveyCheckFacts, add: Add): void {
  const { codes = [], categories = [], notCategories = [] } = about ?? {}
  for (const code of codes)
    if (!kinds.some((one) => one.code === code)) add('unknown_treatment', [...path, 'codes'], `no treatment is ${code}`)
  for (const category of [...categories, ...notCategories])
    if (!kinds.some((one) => one.category === category))
      add('unknown_category', path, `no treatment has the category ${category}`)
}

function checkLists(question: Question, add: Add): void {
  const lists =
    'options' in question
      ? { options: question.options }
      : question.kind === 'matrix'
        ? { rows: question.rows, columns: question.columns }
        : {}
  for (const [field, list] of Object.entries(lists)) {
    const ids = list.map(({ id }) => id)
    for (const [i, id] of ids.entries())
      if (ids.indexOf(id) < i) add('duplicate_option', [field, i, 'id'], `${id} stands twice`)
  }
  if (question.kind === 'number' && question.min >= question.max)
    add('impossible_range', ['min'], 'no number is at least min and at most max')
}

/** What must be heard of when it is bad is never only counted. */
function checkMeasure(question: Question, add: Add): void {
  const { kind, measures, alert } = question
  const wanted = { satisfaction: 'stars', effect: 'stars', nps: 'nps', pain: 'vas', discomfort: 'single' } as const
  if (measures && kind !== wanted[measures])
    add('measure_kind', ['kind'], `${measures} is asked as ${wanted[measures]}, so that all surveys count alike`)
  if (measures && measures !== 'effect' && !alert)
    add('measure_without_alert', ['measures'], `nobody hears of a bad answer about ${measures}`)
  if (!alert) return
  const isChosen = kind === 'single' || kind === 'multiple'
  if (isChosen ? !alert.is : alert.atMost === undefined && alert.atLeast === undefined)
    add('alert_never', ['alert'], 'no answer of this kind can be meant')
  for (const one of alert.is ?? [])
    if (!('options' in question) || !question.options.some(({ id }) => id === one))
      add('unknown_option', ['alert', 'is'], `${question.id} has no option ${one}`)
}

/** Conditions that look at nothing, or at what comes after them. True where the rest can't be judged. */
function checkBranches({ questions }: Survey, places: ReadonlyMap<string, number>, add: Add): boolean {
  let broken = false
  const leads = (from: number, to: number, seen = new Set<number>()): boolean =>
    from === to ||
    (!seen.has(from) &&
      conditionsOf(questions[from]?.showIf).some(({ question }) => {
        const next = places.get(question)
        return next !== undefined && leads(next, to, new Set([...seen, from]))
      }))
  for (const [i, { showIf }] of questions.entries())
    for (const condition of conditionsOf(showIf)) {
      const path = ['questions', i, 'showIf']
      const place = places.get(condition.question)
      const target = questions[place ?? -1]
      if (place === undefined || !target) {
        broken = true
        add('unknown_branch', path, `there is no question ${condition.question}`)
      } else if (leads(place, i)) {
        broken = true
        add('branch_loop', path, `whether it is asked depends on itself, by way of ${condition.question}`)
      } else if (place > i) {
        broken = true
        add('branch_ahead', path, `${condition.question} is asked only after it`)
      } else if ('is' in condition)
        for (const option of condition.is)
          if (!('options' in target) || !target.options.some(({ id }) => id === option)) {
            broken = true
            add('unknown_option', path, `${target.id} has no option ${option}`)
          }
    }
  return broken
}

/** Every question has answers that lead to it, after some treatment or without one. */
function checkReach(survey: Survey, { kinds }: SurveyCheckFacts, add: Add): void {
  const subjects: (Subject | null)[] = [null, ...kinds]
  for (const [i, { id, showIf, only }] of survey.questions.entries()) {
    if (showIf === undefined && only === undefined) continue
    const isReached = subjects.some((subject) => {
      const { questions } = tailored(survey, subject)
      return questions.some((one) => one.id === id) && leadsTo(questions, id)
    })
    if (!isReached) add('unreachable_question', ['questions', i], `no answers lead to ${id}`)
  }
}

/** More ways to answer than this are not tried: the question counts as reached. */
const MOST_TRIES = 50_000

/** Pure search over the answers that conditions can tell apart. */
function leadsTo(questions: readonly Question[], id: string): boolean {
  const needed = new Set<string>()
  const need = (one: string) => {
    if (needed.has(one)) return
    needed.add(one)
    for (const { question } of conditionsOf(questions.find((other) => other.id === one)?.showIf)) need(question)
  }
  need(id)
  const conditions = questions.flatMap(({ showIf }) => conditionsOf(showIf))
  const before = questions.filter((one) => needed.has(one.id) && one.id !== id)
  let tries = 0
  const search = (at: number, answers: Answers): boolean => {
    tries += 1
    if (tries > MOST_TRIES) return true
    const question = before[at]
    if (!question) return asked(questions, answers).some((one) => one.id === id)
    return [undefined, ...telling(question, conditions)].some((answer) =>
      search(at + 1, answer === undefined ? answers : { ...answers, [question.id]: answer }),
    )
  }
  return search(0, {})
}

const DOMAINS = { stars: [1, 5], nps: [0, 10], vas: [0, 10] } as const

/** One answer of each sort that conditions can tell apart; of several options all pairs, which is what conditions may need. */
function telling(question: Question, conditions: readonly Condition[]): Answer[] {
  switch (question.kind) {
    case 'single':
      return question.options.map(({ id }) => id)
    case 'multiple': {
      const free = question.options.filter(({ alone }) => !alone).map(({ id }) => id)
      return [...question.options.map(({ id }) => [id]), free]
    }
    case 'matrix': {
      const rows = question.rows.map(({ id }) => id)
      return question.columns.map(({ id }) => Object.fromEntries(rows.map((row) => [row, id])))
    }
    case 'text':
    case 'date':
      return ['x']
    case 'photo':
      return [['x']]
    default: {
      const [min, max] = question.kind === 'number' ? [question.min, question.max] : DOMAINS[question.kind]
      const limits = conditions
        .filter((one) => one.question === question.id)
        .flatMap((one) =>
          'atLeast' in one ? [one.atLeast, one.atLeast - 1] : 'atMost' in one ? [one.atMost, one.atMost + 1] : [],
        )
      return [...new Set([min, max, ...limits])].filter((one) => one >= min && one <= max)
    }
  }
}
