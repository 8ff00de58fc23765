/** How Chinese chat says that a sign isn't there, isn't the speaker's, is over, or is only feared. Pure. */

export interface Clause {
  start: number
  end: number
  /** Counted from the text's start; a full stop, a question mark or a new line begins the next. */
  sentence: number
  isQuestion: boolean
}

/** What ends a clause: a mark, or nothing at all before a word that turns the talk. */
const EDGE =
  /[，,;；~～…\s。!！?？]|\.(?!\d)|(?=但是|但|不过|可是|只是|然后|而且|并且|结果|反而|(?<!的)就是(?!不)|除了|另外|还有)/g
const STOP = /[。!！?？\n\r]/
const ASKS = /(?:吗|么|嘛|呢|不|没|吧|没有)[\s)）]*$/

/** The clauses of a text: between commas, stops, spaces, and before words that turn the talk. */
export function clausesOf(text: string): Clause[] {
  const clauses: Clause[] = []
  let start = 0
  let sentence = 0
  for (const { index: at, 0: mark } of text.matchAll(EDGE)) {
    if (at > start) clauses.push(clause(text, start, at, sentence, mark))
    start = at + mark.length
    if (STOP.test(mark)) sentence += 1
  }
  if (text.length > start) clauses.push(clause(text, start, text.length, sentence, ''))
  return clauses
}

function clause(text: string, start: number, end: number, sentence: number, mark: string): Clause {
  return { start, end, sentence, isQuestion: mark === '?' || mark === '？' || ASKS.test(text.slice(start, end)) }
}

const NOT = '没有|没|冇|唔|不|未|并无|无|毫无|莫得|莫|非|别'
const FILLER =
  '有|出现|出|发生|发|什么|啥子|啥|任何|感觉到|感觉|感到|觉得|再|见|看到|发现|起|流|到|过|一点点|一点|半点|丝毫|会|是|其他的|其他|别的|的|变|明显|继续|咋|咁|以前|之前|那种|这种|这些|那些|别|也'
const DEGREE = '怎么|那么|这么|太|很|特别|多少|多|非常|咋个|算'
const NEGATED = new RegExp(`(${NOT})((?:${FILLER})*)$`)
const LESS = new RegExp(`(?:${NOT})(?:${FILLER})*(?:${DEGREE})(?:${FILLER}|${DEGREE})*$`)
const TWICE = new RegExp(`(?:不是|并非|没有|没)(?:${NOT})$`)
const LIST = /^(?:、|和|或者?|及|以及|跟|与|\/|也没有|也没|也不|又不|还?有)*$/
const OVER =
  /^(?:的?(?:情况|感觉|症状|现象|反应|问题|地方)?)(?:也|都|是|已经|已|早就|早|基本上|基本|差不多|全部|全|就|现在|今天|昨天|今早|慢慢|完全|彻底|终于|后来|自己|第.天|一天|两天|三天|几天)*(?:没有了|没有(?=$|啊|呀|哦|的|，)|没了|没(?=$)|冇|好了|好啦|好咯|好嘞|消了|消掉|消完|退了|退完|退下|停了|止住了|不见了|下去了|恢复|过去了|消失|消下去了|消退|散了|解决|痊愈|掉光|掉完|没出现|愈合|长好|褪|不明显|正常了|完全好|控制住|冇咗)/
const NOT_ONE = /一(?:个|点儿?|丝|滴|颗|次|下|丁点|粒|块)$/
const EVEN_NOT = /^(?:都|也)(?:没|不|冇|无)/
const PARTLY = /^.{0,4}(?:一点|一些|些|大半|很多|不少|大部分|点|多了|一半)/

export type Presence = 'present' | 'less' | 'absent'

/** Whether the words around say that a sign is there. `before`: from the clause's start to the sign; `after`: to the clause's end. */
export function presence(before: string, after: string): Presence {
  if (TWICE.test(before)) return 'present'
  if (LESS.test(before)) return 'less'
  const not = NEGATED.exec(before)
  if (not) {
    const [, word = '', filler = ''] = not
    const [prior = ''] = before.slice(0, not.index).slice(-1)
    // `有没有`, `是不是`, `会不会` ask.
    const asks = prior !== '' && filler.startsWith(prior)
    const isOther = word === '不' && /^(?:但|仅|光|只)/.test(filler)
    if (!asks && !isOther && !(word === '别' && filler === '的') && !(word === '非' && filler === '')) return 'absent'
  }
  const over = OVER.exec(after)
  if (over) return PARTLY.test(after.slice(Math.max(0, over[0].length - 1))) ? 'less' : 'absent'
  return 'present'
}

/** `一个泡都没起`: not even one. `behind`: from the sign's own word to the clause's end. */
export const isNotEvenOne = (before: string, behind: string): boolean => NOT_ONE.test(before) && EVEN_NOT.test(behind)

/** `没有红肿、流脓`: what was said of the one is said of the next. */
export const isListed = (between: string): boolean => LIST.test(between)

const IF = /(?:如果|若是|要是|万一|假如|倘若|一旦|假设)/
const HEARD =
  /(?:听说|听人|据说|网上|刷到|小红书|抖音|新闻|视频|看到有|看见有|百度|帖子|评论|案例|别人说|有人说|单子|单上|护理单|护理卡|手册|说明书|注意事项|医嘱|上面写|写着|上写|提到)/
const FEARED =
  /(?:会不会|会唔会|是否会|会否|能不能|可能会|可能导致|以免|免得|省得|避免|防止|预防|以防|怕|担心|害怕|担忧|容易|导致|引起|造成|哪些|什么情况|多久|几天(?:能|会|可以|才)|多少天|几时|啥时候|什么时候|什么叫|怎么判断|怎么区分|怎样算|如何|有没有可能|需不需要|风险|概率|几率|副作用|后遗症|并发症|术后会|打完会|做完会|之后会|以后会|一般会|正常会|大概会|是不是会|是否|怎么避免|怎么防|算不算|才算|注意|预计|准备|预防|警惕|留意|以为|怀疑|说是|长啥样|梦见|一般有)[^。]{0,14}$/
/** Talk about the thing: an article, a form, a course. */
const MENTION =
  /科普|公开课|视频|问卷|表格|论文|什么样|长啥样|啥样|什么表现|请教|定义|四个字|两个字|链接|推送|怕漏|好奇|先了解|先问|知情同意|理赔|是什么意思|自查|联想|输入法|是多少度|多少度需要|概率|几率|风险|电视剧|追剧|那剧|女主|男主|电影|综艺|小说|恐怖片|过山车|蹦极|密室|冰箱上/
/** What the leaflet says, said back: `好的，起水泡不要挑`. */
const SAID_BACK =
  /^(?:好的|好滴|好嘞|嗯+|嗯呐|知道了|明白了?|收到|了解了?|记住了|ok)[，,。！!\s～~]*(?!.*我).{0,30}(?:记住|收到|知道了|联系你们|打120|报告|不要|立刻|马上来|等护士|等医生)/
const QUOTED = /[“"「『][^”"」』]*$/
const OF_ANOTHER = /^[^，。]{0,2}的(?:是(?:我(?!自己)|别|那|他|她)|技师|客人|那位|那个|人)/
const WILL = /会[^，。]{0,5}$/
const ENDS = /^(?:了|的|吗|么|嘛|不|呢|啊|呀|吧|得|多久|几天|很久|厉害|严重|明显|疤|情况|现象|\s)*$/
const OCCURS = /(?:出现|遇到|碰到|发生)[^，。]{0,6}$/
const WHAT_THEN = /(?:怎么办|咋办|怎么处理|如何处理|正常吗|要紧吗|怎么弄|找谁|的话)/

const THIRD =
  /(?:我?的?(?:妈妈|妈|老妈|爸爸|爸|老公|老婆|男朋友|女朋友|男友|女友|对象|闺蜜|朋友|同事|姐姐|姐|妹妹|妹|姐妹|老妹|哥哥|哥|弟弟|弟|表姐|表妹|堂姐|儿子|女儿|孩子|娃|宝宝|婆婆|公公|奶奶|爷爷|外婆|邻居|室友|同学|嫂子|阿姨|亲戚|领导|老板|博主|家里老人|猫|狗|同学))|别人|人家|有人|有个人|他们|她们|[他她]|隔壁|网友|明星|某某/g
const SAYS =
  /^[^，。]{0,4}(?:都说|说我|说像|说是|觉得|问我|讲我|发现|看了?说|笑我|笑话|嫌|提醒|吓|以为|摸|陪|帮|看着|说)/
const SELF = /我|自己|本人|咱|俺|偶/
/** A relative who writes for the patient. */
const REPORTS =
  /我是[她他]|家属|病人|患者|替[她他]|帮[她他](?:问|发)|[她他](?:现在|一直|刚|昨天|今天|这会)|叫[她他]|在(?:你们|贵|咱们)(?:家|这|店|院|那|诊所|机构)|昨天(?:做|抽|打|割)|今天(?:做|抽|打|割)/

const LONG_AGO =
  /(?:以前|上次|上回|去年|前年|前几年|小时候|那次|当年|第一次(?:做|打)|早些年|上学|生孩子|上一次|从前|曾经|几年前|年轻|上辈子|读书)/
const NOW = /(?:现在|今天|今儿|这次|这回|又|刚才|刚刚|此刻|目前|今早|今晚|这两天|一样|似的|相比|比)/
const EARLIER =
  /(?:之前|前两天|前几天|前天|昨天|昨晚|昨夜|前晚|刚开始|一开始|开始|刚做完|刚打完|当天|当时|当晚|头两天|头几天|头天|头一天|那两天|那天|那几天|第.天|第一晚|第一夜|术后第|上周|上个月|原来|本来|先前|起初)/
/** `胸痛、气短、晕倒，都没有哈`: said of everything that was named before. */
const ALL_ABSENT =
  /^(?:[、，,\s][^，。,！？!?、\s]{1,6}){0,6}(?:[、，,\s]?(?:这些|那些)|[、，,\s]我?)(?:都|全都?|一[个样]都)(?:没有|没得|冇)(?=[哈啊呀哦的呢嘛啦]?(?:[,，。！!\s]|$))/
const ALL_OVER =
  /(?<!(?:前几天|前两天|之前|本来|原来|昨天|前天|都)[^，。]{0,4})(?:之后就?|后来就?|现在|今天|已经|今早|目前|后来|都|全|早|如今|这会|今儿|第.天|睡.{0,3}觉|过了.{0,4}就?|自己就?)[^，。]{0,8}?(?:好了|好啦|没事|没有了|没了|消了|退了|恢复|正常|不[疼痛痒肿红烫晕烧胀吐]了|唔痛|不见了|下去了|停了|止住|掉光|彻底|痊愈|好利索|没感觉了|完全好|没感觉|一模一样|挺好|很好|没啥|看不出|满意|熬过|软了|不追究|放心)(?!(?:一点|一些|些|很多|不少|大半|吗|么|没))/

export interface Speech {
  text: string
  clauses: readonly Clause[]
}

/** Whether a sign at `start` to `end` in clause `at` is told of the speaker's own present. */
export function isOwnAndNow({ text, clauses }: Speech, at: number, start: number, end: number): boolean {
  const clause = clauses[at]
  if (!clause) return false
  const opening = clauses.find(({ sentence }) => sentence === clause.sentence) ?? clause
  const led = text.slice(opening.start, start)
  const before = text.slice(clause.start, start)
  const after = text.slice(end, clause.end)
  const rest = text.slice(end)
  if (isFeared(led, before, after, clause)) return false
  if (isOfOther(text, led) || SAID_BACK.test(text)) return false
  const past = LONG_AGO.exec(led)
  if (past && !NOW.test(led.slice(past.index + past[0].length)) && !NOW.test(after)) return false
  if (/过(?:几?个?|点|一次|一回|两次)?$/.test(before) && !NOW.test(before)) return false
  if (ALL_ABSENT.test(rest)) return false
  return !(ALL_OVER.test(rest) && (EARLIER.test(text.slice(0, start)) || !NOW.test(before)))
}

function isFeared(led: string, before: string, after: string, clause: Clause): boolean {
  if (FEARED.test(before) || MENTION.test(before + after) || QUOTED.test(led) || OF_ANOTHER.test(after)) return true
  const condition = Math.max(last(led, IF), last(led, HEARD))
  if (condition >= 0 && !SELF.test(led.slice(condition).replace(/^如果我|^要是我|^万一我/, ''))) return true
  if (clause.isQuestion && WILL.test(before) && ENDS.test(after)) return true
  return OCCURS.test(before) && WHAT_THEN.test(after) && !/了/.test(before + after)
}

const last = (text: string, pattern: RegExp): number => {
  const found = pattern.exec(text)
  return found ? found.index : -1
}

function isOfOther(text: string, led: string): boolean {
  let other: RegExpExecArray | null = null
  for (const match of led.matchAll(THIRD)) other = match
  if (!other || REPORTS.test(text)) return false
  const between = led.slice(other.index + other[0].length)
  if (
    /病房|隔壁|网友|博主|别人|有人|有个人|明星|客户/.test(
      text.slice(Math.max(0, led.lastIndexOf(other[0]) - 3), led.length - between.length),
    )
  )
    return !SELF.test(between)
  return !SELF.test(between) && !SAYS.test(between)
}
