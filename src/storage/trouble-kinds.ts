/**
 * What is wrong with a storage, and so what may help:
 * - `weather`: asking again
 * - `damaged`: sending the file again, read from the disk anew
 * - `clock`: setting the clock of this machine
 * - `settings`: an operator, who changes settings or permissions
 * - `full`: an operator, who makes room
 */
export type TroubleKind = 'weather' | 'damaged' | 'clock' | 'settings' | 'full';
