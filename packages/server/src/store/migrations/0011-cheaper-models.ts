import { type Kysely, type Migration, sql } from "kysely";

/**
 * Lists of models read what they show of a card, and not the whole card of every version. What that was when this was released
 * stands here, whatever later versions make of cards.
 */
export const cheaperModels: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`alter table model_versions add column facts text`.execute(db);
    for (;;) {
      const { rows } = await sql<{ model_id: number; version: number; card: string }>`
        select model_id, version, card from model_versions where facts is null limit 100`.execute(db);
      if (rows.length === 0) break;
      for (const { model_id, version, card } of rows) {
        const { detector, schema, threshold } = JSON.parse(card);
        const facts = {
          ...{ detector, kind: schema.kind, threshold: threshold.threshold },
          expectedFalseAlarmRate: threshold.expectedFalseAlarmRate ?? null,
        };
        await sql`update model_versions set facts = ${JSON.stringify(facts)}
          where model_id = ${model_id} and version = ${version}`.execute(db);
      }
    }
    await sql`alter table model_versions alter column facts set not null`.execute(db);
  },
};
