/** What can be wrong with a file or one of its rows: stable codes, each with a Chinese and an English reason. */
import { ERROR_MESSAGES } from '../platform/error-messages.ts'

/** Of a row. Codes that the rooms answer with come with the sentence that the API gives them. */
export const ROW_PROBLEMS = {
  value_missing: { zh: '必填内容为空', en: 'a value is needed' },
  value_malformed: { zh: '内容格式不正确', en: 'the value is malformed' },
  date_malformed: { zh: '日期格式无法识别', en: 'not a date that can be read' },
  date_out_of_range: { zh: '日期不存在或年份不在 1900–2199 之间', en: 'no such day, or not in the years 1900 to 2199' },
  time_missing: { zh: '缺少具体时间', en: 'a time of day is needed' },
  phone_malformed: { zh: ERROR_MESSAGES.phone_malformed, en: 'not a phone number' },
  email_malformed: { zh: ERROR_MESSAGES.email_malformed, en: 'not an email address' },
  shortened_by_excel: {
    zh: '数字已被 Excel 写成科学计数法并丢失位数，请将该列设为文本后重新导出',
    en: 'Excel has shortened the number and lost digits; export the column as text',
  },
  amount_malformed: {
    zh: '金额格式不正确（单位：元，最多两位小数）',
    en: 'not an amount in yuan with at most two decimals',
  },
  number_malformed: { zh: '应为整数', en: 'must be a whole number' },
  unknown_word: { zh: '无法识别的内容', en: 'a word that nobody has explained' },
  unknown_treatment: { zh: '项目名称不在项目表中', en: 'no treatment has this name' },
  unknown_store: { zh: '没有这家门店', en: 'no store has this name' },
  before_treatment: { zh: '日期早于治疗日期', en: 'lies before the treatment' },
  not_in_hospital: { zh: '填写了出院日期，但注明未住院', en: 'a day of discharge, but no stay in hospital' },
  beyond_course: { zh: '次数超过疗程总次数', en: 'more than the sessions of the course' },
  course_unnamed: { zh: '填写了第几次，但没有疗程编号', en: 'which session, but not of which course' },
  in_future: { zh: '时间晚于现在', en: 'lies in the future' },
  undecodable: {
    zh: '含有无法解码的字符，文件编码可能不对',
    en: 'characters that cannot be decoded; is the encoding right?',
  },
  number_repeated: {
    zh: '编号在文件中重复出现，且内容不同',
    en: 'the number stands in an earlier row with other contents',
  },
  receipt_incomplete: {
    zh: '同一单号的其他行有误，整单未导入',
    en: 'another row of the same receipt is wrong, so none of it went in',
  },
  receipt_differs: { zh: '同一单号的各行信息不一致', en: 'the rows of one receipt differ where they should agree' },
  customer_not_found: {
    zh: ERROR_MESSAGES.customer_not_found,
    en: 'no customer has this number; import customers first',
  },
  treatment_not_found: { zh: ERROR_MESSAGES.treatment_not_found, en: 'this customer has no treatment of this number' },
  store_not_found: { zh: ERROR_MESSAGES.store_not_found, en: 'no such store' },
  unknown_treatment_code: { zh: ERROR_MESSAGES.unknown_treatment_code, en: 'no such treatment code' },
  identity_taken: { zh: ERROR_MESSAGES.identity_taken, en: 'the identity belongs to another customer' },
  external_id_conflict: {
    zh: ERROR_MESSAGES.external_id_conflict,
    en: 'the number is taken by a record with other contents',
  },
  treatment_cancelled: {
    zh: ERROR_MESSAGES.treatment_cancelled,
    en: 'the treatment is cancelled and can no longer be corrected',
  },
  past_contact_in_future: { zh: ERROR_MESSAGES.past_contact_in_future, en: 'the contact would lie in the future' },
  refused: { zh: '系统未接受该行', en: 'the row was refused' },
} as const

export type RowCode = keyof typeof ROW_PROBLEMS

export interface RowProblem {
  /** Line of a text file, row of a sheet; the first is 1. */
  line: number
  /** Heading of the column; null when it isn't one column's fault. */
  column: string | null
  code: RowCode
  zh: string
  en: string
}

export const isRowCode = (code: string): code is RowCode => Object.hasOwn(ROW_PROBLEMS, code)

/** What is wrong, before its words are looked up. */
export interface Problem {
  code: RowCode
  /** Words of the row that help to mend it; never a person's name or number. */
  said?: string
  /** What the schema says of it; in English only. */
  detail?: string
}

export function rowProblem(line: number, column: string | null, { code, said, detail }: Problem): RowProblem {
  const { zh, en } = ROW_PROBLEMS[code]
  return {
    line,
    column,
    code,
    zh: [zh, said].filter(Boolean).join('：'),
    en: [en, said, detail].filter(Boolean).join(': '),
  }
}

/** Thrown by readers of single values. */
export class ValueProblem extends Error {
  readonly code: RowCode
  readonly said: string | undefined
  constructor(code: RowCode, said?: string) {
    super(code)
    this.name = 'ValueProblem'
    this.code = code
    this.said = said
  }
}

/** The file as a whole can't be read, or its columns can't be understood: nothing went in. One line per problem. */
export class ImportFileError extends Error {
  readonly lines: readonly string[]
  constructor(...lines: string[]) {
    super(lines.join('\n'))
    this.name = 'ImportFileError'
    this.lines = lines
  }
}
