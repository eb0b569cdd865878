"""Gives a browser a history that would take days to write, in the rows that the application keeps."""

from __future__ import annotations

from playwright.async_api import Page

FILL = """
async ([account, room, count, began]) => {
    const database = await new Promise((resolve, reject) => {
        const opening = indexedDB.open("p2pchat", 1);
        opening.onupgradeneeded = () => opening.result.createObjectStore("rows");
        opening.onsuccess = () => resolve(opening.result);
        opening.onerror = () => reject(opening.error);
    });
    for (let first = 1; first <= count; first += 10_000) {
        const transaction = database.transaction("rows", "readwrite");
        const rows = transaction.objectStore("rows");
        for (let number = first; number < Math.min(first + 10_000, count + 1); number += 1) {
            const id = `history-${String(number).padStart(12, "0")}`;
            const out = number % 3 === 0;
            const text = `Message ${number} of the history${" and so on".repeat(number % 7)}`;
            const row = { from: out ? account : "somebody", at: began + number * 20, out, text };
            rows.put(JSON.stringify(row), [account, room, "message", number, id]);
        }
        await new Promise((resolve, reject) => {
            transaction.oncomplete = resolve;
            transaction.onabort = () => reject(transaction.error);
        });
    }
    database.close();
}
"""
BEGAN = 1_700_000_000
"""Some time ago, in seconds since the epoch; the messages follow each other by 20 seconds."""


async def fill_history(page: Page, account: str, room: str, count: int) -> None:
    """Keep `count` messages of a room that the page is not in yet: "Message 1 of the history", and so on."""
    await page.evaluate(FILL, [account, room, count, BEGAN])
