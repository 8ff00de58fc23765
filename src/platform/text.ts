/** Text by the characters that people see, not by the halves that some are stored in. Pure. */

/** At most `most` characters from its beginning; no emoji is cut in two. */
export const firstChars = (text: string, most: number): string => [...text].slice(0, most).join('')
