// SPDX-License-Identifier: Apache-2.0

package wsa

// Categories of layered providers ("WSCSetApplicationCategory function").
const (
	LSP_SYSTEM          = 0x80000000
	LSP_INSPECTOR       = 0x00000001
	LSP_REDIRECTOR      = 0x00000002
	LSP_PROXY           = 0x00000004
	LSP_FIREWALL        = 0x00000008
	LSP_INBOUND_MODIFY  = 0x00000010
	LSP_OUTBOUND_MODIFY = 0x00000020
	LSP_CRYPTO_COMPRESS = 0x00000040
	LSP_LOCAL_CACHE     = 0x00000080
)

// Kinds of information of WSCGetProviderInfo and WSCSetProviderInfo.
const (
	ProviderInfoLspCategories = 0
	ProviderInfoAudit         = 1
)
