// Joins orders with the profiles of their users and sends out bills.
import { json } from '@goka/codecs/json'
import { defineGroup, stream, table } from '@goka/core'
import type { Bill, Order, Profile } from '../orders.ts'
import { LastRecords } from './last-records.ts'
import { ourGoka } from './our-goka.ts'
import { Program } from './program.ts'
import { runProcessor } from './run-processor.ts'

const program = new Program()
const records = new LastRecords(program)
const profiles = table(program.text('table'), json<Profile>())
const output = stream(program.text('output'), json<Bill>())
const group = defineGroup(program.text('group'))
  .join(profiles)
  .output(output)
  .input(stream(program.text('input'), json<Order>()), (ctx, { order, user, amount }) => {
    const profile = ctx.join(profiles)
    if (profile === undefined) throw new TypeError(`${user} has no profile`)
    ctx.emit(output, ctx.key, { order, user, name: profile.name, total: amount * profile.rate })
    records.processed(ctx.partition, ctx.offset)
  })
await runProcessor(program, ourGoka(program), group)
