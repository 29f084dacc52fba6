/** Bad usage or bad settings: the message is for the user, who gets it without a stack trace, and exit code 2. */
export class UsageError extends Error {}
