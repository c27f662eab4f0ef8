// A row of the problem table.

/** HTTP status (RFC 9110), title in Chinese, title in English. */
export type ProblemRow = readonly [status: number, zh: string, en: string];

/** What is ours to mend: nobody outside can do anything about it. */
export const fault: ProblemRow = [500, '内部错误', 'Internal error'];
