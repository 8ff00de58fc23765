/** `config/bot.yaml`: the words by which the assistant knows what somebody wants, and its few figures. */
import { z } from 'zod'

const Word = z.union([
  z.string().min(1),
  z.strictObject({
    word: z.string().min(1),
    /** The same signs in another meaning. */
    except: z.array(z.string().min(1)).min(1),
  }),
])
const Words = z.array(Word).min(1)
const Plain = z.array(z.string().min(1)).min(1)

export const BotFile = z
  .strictObject({
    version: z.int().positive(),
    words: z.strictObject({
      opt_out: Words,
      person: Words,
      complaint: Words,
      /** Only where the whole text is made of these, and of what is said beside them. */
      confirm: Plain,
      booking: Words,
      guide: Words,
      survey: Words,
      /** Only where the whole text is made of these. */
      thanks: Plain,
      fine: Plain,
      greeting: Plain,
    }),
    /** What the buttons say, in an order that has a meaning. */
    menus: z.strictObject({
      helped: z.tuple([z.string().min(1), z.string().min(1), z.string().min(1)]),
      opt_out: z.tuple([z.string().min(1), z.string().min(1)]),
      photo: z.tuple([z.string().min(1), z.string().min(1)]),
    }),
    /** Signs of a question. */
    asking: Plain,
    /** Thanks and good news are answered once in so many hours. */
    repeat_hours: z.number().positive(),
    /** A colleague has the conversation for so long at most, where nobody says that it is over. */
    with_person_hours: z.number().positive(),
  })
  .meta({ title: 'How the assistant understands customers' })
export type BotFile = z.output<typeof BotFile>

/** Keys of `config/templates` that this room says. */
export const BOT_TEMPLATES = [
  'greeting',
  'greeting_day',
  'thanks',
  'fine',
  'person_now',
  'person_later',
  'handed',
  'handed_more',
  'same',
  'unreadable',
  'danger',
  'answer',
  'helped_ask',
  'helped',
  'not_helped',
  'no_guide',
  'booking_now',
  'booking_later',
  'visit_confirmed',
  'complaint_more',
  'opt_out_ask',
  'opt_out_keep',
  'opt_out_all',
  'survey',
  'survey_link',
  'no_survey',
  'photo_kept',
  'photo_ask',
  'photo_elsewhere',
  'photo_declined',
  'photo_unusable',
] as const
export type BotText = (typeof BOT_TEMPLATES)[number]
export const templateKeyOf = (text: BotText): string => `bot.${text}`
