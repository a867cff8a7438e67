// SPDX-License-Identifier: Apache-2.0

package wsa

// AF_IRDA_CE is the number that Windows CE's infrared header gives AF_IRDA.
const AF_IRDA_CE = 22

// IRDA_PROTO_SOCK_STREAM is the protocol of infrared stream sockets.
const IRDA_PROTO_SOCK_STREAM = 1

// Options of level SOL_IRLMP ("SOL_IRLMP Socket Options").
const (
	IRLMP_ENUMDEVICES    = 0x10
	IRLMP_IAS_SET        = 0x11
	IRLMP_IAS_QUERY      = 0x12
	IRLMP_SEND_PDU_LEN   = 0x13
	IRLMP_EXCLUSIVE_MODE = 0x14
	IRLMP_IRLPT_MODE     = 0x15
	IRLMP_9WIRE_MODE     = 0x16
	IRLMP_TINYTP_MODE    = 0x17
	IRLMP_PARAMETERS     = 0x18
	IRLMP_DISCOVERY_MODE = 0x19
	IRLMP_SHARP_MODE     = 0x20
)

// Types of an attribute in the information access service ("IAS_QUERY
// structure").
const (
	IAS_ATTRIB_NO_ATTRIB = 0x00
	IAS_ATTRIB_INT       = 0x01
	IAS_ATTRIB_OCTETSEQ  = 0x02
	IAS_ATTRIB_STR       = 0x03
	IAS_ATTRIB_NO_CLASS  = 0x10
)

// Limits of the information access service, in bytes. A name of the Windows
// CE structures is at most 60 characters and a zero.
const (
	IAS_MAX_USER_STRING  = 256
	IAS_MAX_OCTET_STRING = 1024
	IAS_MAX_CLASSNAME    = 64
	IAS_MAX_ATTRIBNAME   = 256

	IAS_MAX_CLASSNAME_CE  = 61
	IAS_MAX_ATTRIBNAME_CE = 61
)

// Service hints of a device ("DEVICELIST structure"): the first byte's, with
// the extension bit that announces the second, and the second's.
const (
	LM_HB_Extension   = 0x80
	LM_HB1_PnP        = 0x01
	LM_HB1_PDA        = 0x02
	LM_HB1_Computer   = 0x04
	LM_HB1_Printer    = 0x08
	LM_HB1_Modem      = 0x10
	LM_HB1_Fax        = 0x20
	LM_HB1_LANAccess  = 0x40
	LM_HB2_Telephony  = 0x01
	LM_HB2_FileServer = 0x02
)

// Character sets of device names and user strings.
const (
	LmCharSetASCII      = 0
	LmCharSetISO_8859_1 = 1
	LmCharSetISO_8859_2 = 2
	LmCharSetISO_8859_3 = 3
	LmCharSetISO_8859_4 = 4
	LmCharSetISO_8859_5 = 5
	LmCharSetISO_8859_6 = 6
	LmCharSetISO_8859_7 = 7
	LmCharSetISO_8859_8 = 8
	LmCharSetISO_8859_9 = 9
	LmCharSetUNICODE    = 0xff
)

// Line speeds of LM_IRPARMS, in bits per second.
const (
	LM_BAUD_1200   = 1200
	LM_BAUD_2400   = 2400
	LM_BAUD_9600   = 9600
	LM_BAUD_19200  = 19200
	LM_BAUD_38400  = 38400
	LM_BAUD_57600  = 57600
	LM_BAUD_115200 = 115200
	LM_BAUD_576K   = 576000
	LM_BAUD_1152K  = 1152000
	LM_BAUD_4M     = 4000000
)
