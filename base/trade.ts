// SPDX-License-Identifier: Apache-2.0
// The words of the market, for the chain that carries demands and the contract that counts them.

/** What is asked for; the order is that of the totals of a window. */
export const tradeClasses = ['direct-purchase', 'ordinary-supply', 'auxiliary-service'] as const;
export type TradeClass = (typeof tradeClasses)[number];

export const tradeDirections = ['buy', 'sell'] as const;
export type TradeDirection = (typeof tradeDirections)[number];
