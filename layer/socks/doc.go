// SPDX-License-Identifier: Apache-2.0

// Package socks is the layered provider "socks".
package socks
