// Messages for chats: blocks for Slack's incoming webhooks, an Adaptive Card for Teams' Workflows.
import type { SinkMessage } from "#ports/sinks.ts";
import type { SinkOf } from "./sinks-file.ts";
import { commandOf, cut, escapeMarkup, fitted, severityOf, wordsOf } from "./words.ts";

/** A section takes 3,000 characters; whole messages are refused from about 11 kB on. */
const slackMost = { characters: 3000, bytes: 6000 };
/** Teams refuses from 28 KB on. */
const teamsMost = { characters: 12_000, bytes: 28_000 };

/** `verbatim` keeps Slack from making mentions and links of words; the text beside the blocks is for notifications. */
export function renderSlack(sink: SinkOf<"slack">, said: SinkMessage): string {
  const { title, text } = wordsOf(sink, said, escapeMarkup);
  const words = (value: string) => ({ type: "mrkdwn", text: value, verbatim: true });
  return fitted(text, slackMost, (text) => ({
    text: cut(`${title}: ${text}`, 1000),
    blocks: [
      { type: "header", text: { type: "plain_text", text: cut(title, 150), emoji: false } },
      ...(text === "" ? [] : [{ type: "section", text: words(text) }]),
      { type: "context", elements: [words(escapeMarkup(footOf(said)))] },
    ],
  }));
}

/** Text runs: unlike text blocks they read no Markdown, so that nobody's name becomes a link. */
export function renderTeams(sink: SinkOf<"teams">, said: SinkMessage): string {
  const { title, text } = wordsOf(sink, said, (value) => value);
  const line = (value: string, more: Readonly<Record<string, unknown>> = {}) => ({
    type: "RichTextBlock",
    inlines: [{ type: "TextRun", text: value, ...more }],
  });
  const colour = severityOf(said.message) === "page" ? { color: "Attention" } : {};
  return fitted(text, teamsMost, (text) => ({
    type: "message",
    attachments: [
      {
        contentType: "application/vnd.microsoft.card.adaptive",
        contentUrl: null,
        content: {
          $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
          type: "AdaptiveCard",
          version: "1.4",
          fallbackText: cut(title, 500),
          msteams: { width: "Full" },
          body: [
            line(cut(title, 500), { weight: "Bolder", ...colour }),
            ...text.split("\n").map((one) => line(one === "" ? " " : one)),
            line(footOf(said), { isSubtle: true, size: "Small" }),
          ],
        },
      },
    ],
  }));
}

function footOf(said: SinkMessage): string {
  const { message } = said;
  const parts = [commandOf(said), severityOf(message), message.phase ?? "", message.at, message.key];
  return parts.filter((part) => part !== "").join(" · ");
}
