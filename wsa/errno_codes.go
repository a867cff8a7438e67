// SPDX-License-Identifier: Apache-2.0

package wsa

// The Windows Sockets error codes, with the numbers of "Windows Sockets Error
// Codes". The three-digit ones are the Windows system codes that Winsock
// shares with the rest of the system.
const (
	WSA_INVALID_HANDLE          Errno = 6
	WSA_NOT_ENOUGH_MEMORY       Errno = 8
	WSA_INVALID_PARAMETER       Errno = 87
	ERROR_INSUFFICIENT_BUFFER   Errno = 122
	WSA_WAIT_TIMEOUT            Errno = 258
	WSA_OPERATION_ABORTED       Errno = 995
	WSA_IO_INCOMPLETE           Errno = 996
	WSA_IO_PENDING              Errno = 997
	WSAEINTR                    Errno = 10004
	WSAEBADF                    Errno = 10009
	WSAEACCES                   Errno = 10013
	WSAEFAULT                   Errno = 10014
	WSAEINVAL                   Errno = 10022
	WSAEMFILE                   Errno = 10024
	WSAEWOULDBLOCK              Errno = 10035
	WSAEINPROGRESS              Errno = 10036
	WSAEALREADY                 Errno = 10037
	WSAENOTSOCK                 Errno = 10038
	WSAEDESTADDRREQ             Errno = 10039
	WSAEMSGSIZE                 Errno = 10040
	WSAEPROTOTYPE               Errno = 10041
	WSAENOPROTOOPT              Errno = 10042
	WSAEPROTONOSUPPORT          Errno = 10043
	WSAESOCKTNOSUPPORT          Errno = 10044
	WSAEOPNOTSUPP               Errno = 10045
	WSAEPFNOSUPPORT             Errno = 10046
	WSAEAFNOSUPPORT             Errno = 10047
	WSAEADDRINUSE               Errno = 10048
	WSAEADDRNOTAVAIL            Errno = 10049
	WSAENETDOWN                 Errno = 10050
	WSAENETUNREACH              Errno = 10051
	WSAENETRESET                Errno = 10052
	WSAECONNABORTED             Errno = 10053
	WSAECONNRESET               Errno = 10054
	WSAENOBUFS                  Errno = 10055
	WSAEISCONN                  Errno = 10056
	WSAENOTCONN                 Errno = 10057
	WSAESHUTDOWN                Errno = 10058
	WSAETOOMANYREFS             Errno = 10059
	WSAETIMEDOUT                Errno = 10060
	WSAECONNREFUSED             Errno = 10061
	WSAELOOP                    Errno = 10062
	WSAENAMETOOLONG             Errno = 10063
	WSAEHOSTDOWN                Errno = 10064
	WSAEHOSTUNREACH             Errno = 10065
	WSAENOTEMPTY                Errno = 10066
	WSAEPROCLIM                 Errno = 10067
	WSAEUSERS                   Errno = 10068
	WSAEDQUOT                   Errno = 10069
	WSAESTALE                   Errno = 10070
	WSAEREMOTE                  Errno = 10071
	WSASYSNOTREADY              Errno = 10091
	WSAVERNOTSUPPORTED          Errno = 10092
	WSANOTINITIALISED           Errno = 10093
	WSAEDISCON                  Errno = 10101
	WSAENOMORE                  Errno = 10102
	WSAECANCELLED               Errno = 10103
	WSAEINVALIDPROCTABLE        Errno = 10104
	WSAEINVALIDPROVIDER         Errno = 10105
	WSAEPROVIDERFAILEDINIT      Errno = 10106
	WSASYSCALLFAILURE           Errno = 10107
	WSASERVICE_NOT_FOUND        Errno = 10108
	WSATYPE_NOT_FOUND           Errno = 10109
	WSA_E_NO_MORE               Errno = 10110
	WSA_E_CANCELLED             Errno = 10111
	WSAEREFUSED                 Errno = 10112
	WSAEDUPLICATE_NAME          Errno = 10900
	WSAHOST_NOT_FOUND           Errno = 11001
	WSATRY_AGAIN                Errno = 11002
	WSANO_RECOVERY              Errno = 11003
	WSANO_DATA                  Errno = 11004
	WSA_QOS_RECEIVERS           Errno = 11005
	WSA_QOS_SENDERS             Errno = 11006
	WSA_QOS_NO_SENDERS          Errno = 11007
	WSA_QOS_NO_RECEIVERS        Errno = 11008
	WSA_QOS_REQUEST_CONFIRMED   Errno = 11009
	WSA_QOS_ADMISSION_FAILURE   Errno = 11010
	WSA_QOS_POLICY_FAILURE      Errno = 11011
	WSA_QOS_BAD_STYLE           Errno = 11012
	WSA_QOS_BAD_OBJECT          Errno = 11013
	WSA_QOS_TRAFFIC_CTRL_ERROR  Errno = 11014
	WSA_QOS_GENERIC_ERROR       Errno = 11015
	WSA_QOS_ESERVICETYPE        Errno = 11016
	WSA_QOS_EFLOWSPEC           Errno = 11017
	WSA_QOS_EPROVSPECBUF        Errno = 11018
	WSA_QOS_EFILTERSTYLE        Errno = 11019
	WSA_QOS_EFILTERTYPE         Errno = 11020
	WSA_QOS_EFILTERCOUNT        Errno = 11021
	WSA_QOS_EOBJLENGTH          Errno = 11022
	WSA_QOS_EFLOWCOUNT          Errno = 11023
	WSA_QOS_EUNKNOWNPSOBJ       Errno = 11024
	WSA_QOS_EPOLICYOBJ          Errno = 11025
	WSA_QOS_EFLOWDESC           Errno = 11026
	WSA_QOS_EPSFLOWSPEC         Errno = 11027
	WSA_QOS_EPSFILTERSPEC       Errno = 11028
	WSA_QOS_ESDMODEOBJ          Errno = 11029
	WSA_QOS_ESHAPERATEOBJ       Errno = 11030
	WSA_QOS_RESERVED_PETYPE     Errno = 11031
	WSA_SECURE_HOST_NOT_FOUND   Errno = 11032
	WSA_IPSEC_NAME_POLICY_ERROR Errno = 11033
)

// WSANO_ADDRESS is the older name of WSANO_DATA.
const WSANO_ADDRESS = WSANO_DATA

// An errnoInfo is what there is to say of one code. The error is the code
// itself, boxed once.
type errnoInfo struct {
	code Errno
	name string
	text string
	err  error
}

// errnoTable describes every Windows Sockets code.
var errnoTable = [...]errnoInfo{
	{WSA_INVALID_HANDLE, "WSA_INVALID_HANDLE", "Specified event object handle is invalid", WSA_INVALID_HANDLE},
	{WSA_NOT_ENOUGH_MEMORY, "WSA_NOT_ENOUGH_MEMORY", "Insufficient memory available", WSA_NOT_ENOUGH_MEMORY},
	{WSA_INVALID_PARAMETER, "WSA_INVALID_PARAMETER", "One or more parameters are invalid", WSA_INVALID_PARAMETER},
	{ERROR_INSUFFICIENT_BUFFER, "ERROR_INSUFFICIENT_BUFFER", "The data area passed to the call is too small", ERROR_INSUFFICIENT_BUFFER},
	{WSA_WAIT_TIMEOUT, "WSA_WAIT_TIMEOUT", "The wait operation timed out", WSA_WAIT_TIMEOUT},
	{WSA_OPERATION_ABORTED, "WSA_OPERATION_ABORTED", "Overlapped operation aborted", WSA_OPERATION_ABORTED},
	{WSA_IO_INCOMPLETE, "WSA_IO_INCOMPLETE", "Overlapped I/O event object not in signaled state", WSA_IO_INCOMPLETE},
	{WSA_IO_PENDING, "WSA_IO_PENDING", "Overlapped operations will complete later", WSA_IO_PENDING},
	{WSAEINTR, "WSAEINTR", "Interrupted function call", WSAEINTR},
	{WSAEBADF, "WSAEBADF", "File handle is not valid", WSAEBADF},
	{WSAEACCES, "WSAEACCES", "Permission denied", WSAEACCES},
	{WSAEFAULT, "WSAEFAULT", "Bad address", WSAEFAULT},
	{WSAEINVAL, "WSAEINVAL", "Invalid argument", WSAEINVAL},
	{WSAEMFILE, "WSAEMFILE", "Too many open files", WSAEMFILE},
	{WSAEWOULDBLOCK, "WSAEWOULDBLOCK", "Resource temporarily unavailable", WSAEWOULDBLOCK},
	{WSAEINPROGRESS, "WSAEINPROGRESS", "Operation now in progress", WSAEINPROGRESS},
	{WSAEALREADY, "WSAEALREADY", "Operation already in progress", WSAEALREADY},
	{WSAENOTSOCK, "WSAENOTSOCK", "Socket operation on nonsocket", WSAENOTSOCK},
	{WSAEDESTADDRREQ, "WSAEDESTADDRREQ", "Destination address required", WSAEDESTADDRREQ},
	{WSAEMSGSIZE, "WSAEMSGSIZE", "Message too long", WSAEMSGSIZE},
	{WSAEPROTOTYPE, "WSAEPROTOTYPE", "Protocol wrong type for socket", WSAEPROTOTYPE},
	{WSAENOPROTOOPT, "WSAENOPROTOOPT", "Bad protocol option", WSAENOPROTOOPT},
	{WSAEPROTONOSUPPORT, "WSAEPROTONOSUPPORT", "Protocol not supported", WSAEPROTONOSUPPORT},
	{WSAESOCKTNOSUPPORT, "WSAESOCKTNOSUPPORT", "Socket type not supported", WSAESOCKTNOSUPPORT},
	{WSAEOPNOTSUPP, "WSAEOPNOTSUPP", "Operation not supported", WSAEOPNOTSUPP},
	{WSAEPFNOSUPPORT, "WSAEPFNOSUPPORT", "Protocol family not supported", WSAEPFNOSUPPORT},
	{WSAEAFNOSUPPORT, "WSAEAFNOSUPPORT", "Address family not supported by protocol family", WSAEAFNOSUPPORT},
	{WSAEADDRINUSE, "WSAEADDRINUSE", "Address already in use", WSAEADDRINUSE},
	{WSAEADDRNOTAVAIL, "WSAEADDRNOTAVAIL", "Cannot assign requested address", WSAEADDRNOTAVAIL},
	{WSAENETDOWN, "WSAENETDOWN", "Network is down", WSAENETDOWN},
	{WSAENETUNREACH, "WSAENETUNREACH", "Network is unreachable", WSAENETUNREACH},
	{WSAENETRESET, "WSAENETRESET", "Network dropped connection on reset", WSAENETRESET},
	{WSAECONNABORTED, "WSAECONNABORTED", "Software caused connection abort", WSAECONNABORTED},
	{WSAECONNRESET, "WSAECONNRESET", "Connection reset by peer", WSAECONNRESET},
	{WSAENOBUFS, "WSAENOBUFS", "No buffer space available", WSAENOBUFS},
	{WSAEISCONN, "WSAEISCONN", "Socket is already connected", WSAEISCONN},
	{WSAENOTCONN, "WSAENOTCONN", "Socket is not connected", WSAENOTCONN},
	{WSAESHUTDOWN, "WSAESHUTDOWN", "Cannot send after socket shutdown", WSAESHUTDOWN},
	{WSAETOOMANYREFS, "WSAETOOMANYREFS", "Too many references", WSAETOOMANYREFS},
	{WSAETIMEDOUT, "WSAETIMEDOUT", "Connection timed out", WSAETIMEDOUT},
	{WSAECONNREFUSED, "WSAECONNREFUSED", "Connection refused", WSAECONNREFUSED},
	{WSAELOOP, "WSAELOOP", "Cannot translate name", WSAELOOP},
	{WSAENAMETOOLONG, "WSAENAMETOOLONG", "Name too long", WSAENAMETOOLONG},
	{WSAEHOSTDOWN, "WSAEHOSTDOWN", "Host is down", WSAEHOSTDOWN},
	{WSAEHOSTUNREACH, "WSAEHOSTUNREACH", "No route to host", WSAEHOSTUNREACH},
	{WSAENOTEMPTY, "WSAENOTEMPTY", "Directory not empty", WSAENOTEMPTY},
	{WSAEPROCLIM, "WSAEPROCLIM", "Too many processes", WSAEPROCLIM},
	{WSAEUSERS, "WSAEUSERS", "User quota exceeded", WSAEUSERS},
	{WSAEDQUOT, "WSAEDQUOT", "Disk quota exceeded", WSAEDQUOT},
	{WSAESTALE, "WSAESTALE", "Stale file handle reference", WSAESTALE},
	{WSAEREMOTE, "WSAEREMOTE", "Item is remote", WSAEREMOTE},
	{WSASYSNOTREADY, "WSASYSNOTREADY", "Network subsystem is unavailable", WSASYSNOTREADY},
	{WSAVERNOTSUPPORTED, "WSAVERNOTSUPPORTED", "Winsock.dll version out of range", WSAVERNOTSUPPORTED},
	{WSANOTINITIALISED, "WSANOTINITIALISED", "Successful WSAStartup not yet performed", WSANOTINITIALISED},
	{WSAEDISCON, "WSAEDISCON", "Graceful shutdown in progress", WSAEDISCON},
	{WSAENOMORE, "WSAENOMORE", "No more results", WSAENOMORE},
	{WSAECANCELLED, "WSAECANCELLED", "Call has been canceled", WSAECANCELLED},
	{WSAEINVALIDPROCTABLE, "WSAEINVALIDPROCTABLE", "Procedure call table is invalid", WSAEINVALIDPROCTABLE},
	{WSAEINVALIDPROVIDER, "WSAEINVALIDPROVIDER", "Service provider is invalid", WSAEINVALIDPROVIDER},
	{WSAEPROVIDERFAILEDINIT, "WSAEPROVIDERFAILEDINIT", "Service provider failed to initialize", WSAEPROVIDERFAILEDINIT},
	{WSASYSCALLFAILURE, "WSASYSCALLFAILURE", "System call failure", WSASYSCALLFAILURE},
	{WSASERVICE_NOT_FOUND, "WSASERVICE_NOT_FOUND", "Service not found", WSASERVICE_NOT_FOUND},
	{WSATYPE_NOT_FOUND, "WSATYPE_NOT_FOUND", "Class type not found", WSATYPE_NOT_FOUND},
	{WSA_E_NO_MORE, "WSA_E_NO_MORE", "No more results", WSA_E_NO_MORE},
	{WSA_E_CANCELLED, "WSA_E_CANCELLED", "Call was canceled", WSA_E_CANCELLED},
	{WSAEREFUSED, "WSAEREFUSED", "Database query was refused", WSAEREFUSED},
	{WSAEDUPLICATE_NAME, "WSAEDUPLICATE_NAME", "Name is already in use on the network", WSAEDUPLICATE_NAME},
	{WSAHOST_NOT_FOUND, "WSAHOST_NOT_FOUND", "Host not found", WSAHOST_NOT_FOUND},
	{WSATRY_AGAIN, "WSATRY_AGAIN", "Nonauthoritative host not found", WSATRY_AGAIN},
	{WSANO_RECOVERY, "WSANO_RECOVERY", "This is a nonrecoverable error", WSANO_RECOVERY},
	{WSANO_DATA, "WSANO_DATA", "Valid name, no data record of requested type", WSANO_DATA},
	{WSA_QOS_RECEIVERS, "WSA_QOS_RECEIVERS", "QoS receivers", WSA_QOS_RECEIVERS},
	{WSA_QOS_SENDERS, "WSA_QOS_SENDERS", "QoS senders", WSA_QOS_SENDERS},
	{WSA_QOS_NO_SENDERS, "WSA_QOS_NO_SENDERS", "No QoS senders", WSA_QOS_NO_SENDERS},
	{WSA_QOS_NO_RECEIVERS, "WSA_QOS_NO_RECEIVERS", "QoS no receivers", WSA_QOS_NO_RECEIVERS},
	{WSA_QOS_REQUEST_CONFIRMED, "WSA_QOS_REQUEST_CONFIRMED", "QoS request confirmed", WSA_QOS_REQUEST_CONFIRMED},
	{WSA_QOS_ADMISSION_FAILURE, "WSA_QOS_ADMISSION_FAILURE", "QoS admission error", WSA_QOS_ADMISSION_FAILURE},
	{WSA_QOS_POLICY_FAILURE, "WSA_QOS_POLICY_FAILURE", "QoS policy failure", WSA_QOS_POLICY_FAILURE},
	{WSA_QOS_BAD_STYLE, "WSA_QOS_BAD_STYLE", "QoS bad style", WSA_QOS_BAD_STYLE},
	{WSA_QOS_BAD_OBJECT, "WSA_QOS_BAD_OBJECT", "QoS bad object", WSA_QOS_BAD_OBJECT},
	{WSA_QOS_TRAFFIC_CTRL_ERROR, "WSA_QOS_TRAFFIC_CTRL_ERROR", "QoS traffic control error", WSA_QOS_TRAFFIC_CTRL_ERROR},
	{WSA_QOS_GENERIC_ERROR, "WSA_QOS_GENERIC_ERROR", "QoS generic error", WSA_QOS_GENERIC_ERROR},
	{WSA_QOS_ESERVICETYPE, "WSA_QOS_ESERVICETYPE", "QoS service type error", WSA_QOS_ESERVICETYPE},
	{WSA_QOS_EFLOWSPEC, "WSA_QOS_EFLOWSPEC", "QoS flowspec error", WSA_QOS_EFLOWSPEC},
	{WSA_QOS_EPROVSPECBUF, "WSA_QOS_EPROVSPECBUF", "Invalid QoS provider buffer", WSA_QOS_EPROVSPECBUF},
	{WSA_QOS_EFILTERSTYLE, "WSA_QOS_EFILTERSTYLE", "Invalid QoS filter style", WSA_QOS_EFILTERSTYLE},
	{WSA_QOS_EFILTERTYPE, "WSA_QOS_EFILTERTYPE", "Invalid QoS filter type", WSA_QOS_EFILTERTYPE},
	{WSA_QOS_EFILTERCOUNT, "WSA_QOS_EFILTERCOUNT", "Incorrect QoS filter count", WSA_QOS_EFILTERCOUNT},
	{WSA_QOS_EOBJLENGTH, "WSA_QOS_EOBJLENGTH", "Invalid QoS object length", WSA_QOS_EOBJLENGTH},
	{WSA_QOS_EFLOWCOUNT, "WSA_QOS_EFLOWCOUNT", "Incorrect QoS flow count", WSA_QOS_EFLOWCOUNT},
	{WSA_QOS_EUNKNOWNPSOBJ, "WSA_QOS_EUNKNOWNPSOBJ", "Unrecognized QoS object", WSA_QOS_EUNKNOWNPSOBJ},
	{WSA_QOS_EPOLICYOBJ, "WSA_QOS_EPOLICYOBJ", "Invalid QoS policy object", WSA_QOS_EPOLICYOBJ},
	{WSA_QOS_EFLOWDESC, "WSA_QOS_EFLOWDESC", "Invalid QoS flow descriptor", WSA_QOS_EFLOWDESC},
	{WSA_QOS_EPSFLOWSPEC, "WSA_QOS_EPSFLOWSPEC", "Invalid QoS provider-specific flowspec", WSA_QOS_EPSFLOWSPEC},
	{WSA_QOS_EPSFILTERSPEC, "WSA_QOS_EPSFILTERSPEC", "Invalid QoS provider-specific filterspec", WSA_QOS_EPSFILTERSPEC},
	{WSA_QOS_ESDMODEOBJ, "WSA_QOS_ESDMODEOBJ", "Invalid QoS shape discard mode object", WSA_QOS_ESDMODEOBJ},
	{WSA_QOS_ESHAPERATEOBJ, "WSA_QOS_ESHAPERATEOBJ", "Invalid QoS shaping rate object", WSA_QOS_ESHAPERATEOBJ},
	{WSA_QOS_RESERVED_PETYPE, "WSA_QOS_RESERVED_PETYPE", "Reserved policy QoS element type", WSA_QOS_RESERVED_PETYPE},
	{WSA_SECURE_HOST_NOT_FOUND, "WSA_SECURE_HOST_NOT_FOUND", "Host not found securely", WSA_SECURE_HOST_NOT_FOUND},
	{WSA_IPSEC_NAME_POLICY_ERROR, "WSA_IPSEC_NAME_POLICY_ERROR", "Name-based IPsec policy error", WSA_IPSEC_NAME_POLICY_ERROR},
}

// The codes lie in two ranges, each with an index that maps a code to its
// description.
const (
	errnoBase  = 10000
	errnoSpan  = 1100
	systemSpan = 2000
)

var errnoIndex, systemIndex = func() (index [errnoSpan]*errnoInfo, system [systemSpan]*errnoInfo) {
	for _, table := range [][]errnoInfo{errnoTable[:], systemTable[:]} {
		for i := range table {
			if t := &table[i]; t.code >= errnoBase {
				index[t.code-errnoBase] = t
			} else {
				system[t.code] = t
			}
		}
	}
	return index, system
}()

// describe returns what is known of e, or nil.
func (e Errno) describe() *errnoInfo {
	if e < systemSpan {
		return systemIndex[e]
	}
	if i := e - errnoBase; i < errnoSpan {
		return errnoIndex[i]
	}
	return nil
}
