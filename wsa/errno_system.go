// SPDX-License-Identifier: Apache-2.0

package wsa

// Windows system codes ("System Error Codes") that are not among the Windows
// Sockets error codes but come out of overlapped operations: the functions
// of the completion port report these, where WSAGetOverlappedResult reports
// the Windows Sockets code.
const (
	ERROR_INVALID_FUNCTION           Errno = 1
	ERROR_FILE_NOT_FOUND             Errno = 2
	ERROR_PATH_NOT_FOUND             Errno = 3
	ERROR_ACCESS_DENIED              Errno = 5
	ERROR_NOT_READY                  Errno = 21
	ERROR_BAD_COMMAND                Errno = 22
	ERROR_SHARING_VIOLATION          Errno = 32
	ERROR_HANDLE_EOF                 Errno = 38
	ERROR_NOT_SUPPORTED              Errno = 50
	ERROR_REM_NOT_LIST               Errno = 51
	ERROR_DUP_NAME                   Errno = 52
	ERROR_BAD_NETPATH                Errno = 53
	ERROR_NETWORK_BUSY               Errno = 54
	ERROR_BAD_NET_RESP               Errno = 58
	ERROR_UNEXP_NET_ERR              Errno = 59
	ERROR_NETNAME_DELETED            Errno = 64
	ERROR_TOO_MANY_NAMES             Errno = 68
	ERROR_REQ_NOT_ACCEP              Errno = 71
	ERROR_CALL_NOT_IMPLEMENTED       Errno = 120
	ERROR_SEM_TIMEOUT                Errno = 121
	ERROR_ALREADY_EXISTS             Errno = 183
	ERROR_PIPE_NOT_CONNECTED         Errno = 233
	ERROR_MORE_DATA                  Errno = 234
	ERROR_TOO_MANY_POSTS             Errno = 298
	ERROR_MR_MID_NOT_FOUND           Errno = 317
	ERROR_INVALID_ADDRESS            Errno = 487
	ERROR_ABANDONED_WAIT_0           Errno = 735
	ERROR_NOACCESS                   Errno = 998
	ERROR_NOT_FOUND                  Errno = 1168
	ERROR_INVALID_NETNAME            Errno = 1214
	ERROR_CONNECTION_REFUSED         Errno = 1225
	ERROR_GRACEFUL_DISCONNECT        Errno = 1226
	ERROR_ADDRESS_ALREADY_ASSOCIATED Errno = 1227
	ERROR_ADDRESS_NOT_ASSOCIATED     Errno = 1228
	ERROR_CONNECTION_INVALID         Errno = 1229
	ERROR_CONNECTION_ACTIVE          Errno = 1230
	ERROR_NETWORK_UNREACHABLE        Errno = 1231
	ERROR_HOST_UNREACHABLE           Errno = 1232
	ERROR_PROTOCOL_UNREACHABLE       Errno = 1233
	ERROR_PORT_UNREACHABLE           Errno = 1234
	ERROR_REQUEST_ABORTED            Errno = 1235
	ERROR_CONNECTION_ABORTED         Errno = 1236
	ERROR_HOST_DOWN                  Errno = 1256
	ERROR_INVALID_WINDOW_HANDLE      Errno = 1400
	ERROR_WINDOW_OF_OTHER_THREAD     Errno = 1408
	ERROR_INVALID_THREAD_ID          Errno = 1444
	ERROR_NO_SYSTEM_RESOURCES        Errno = 1450
	ERROR_WORKING_SET_QUOTA          Errno = 1453
	ERROR_PAGEFILE_QUOTA             Errno = 1454
	ERROR_COMMITMENT_LIMIT           Errno = 1455
	ERROR_TIMEOUT                    Errno = 1460
	ERROR_INVALID_USER_BUFFER        Errno = 1784
	ERROR_NOT_ENOUGH_QUOTA           Errno = 1816
)

// The system's own names of the codes that Winsock shares with it.
const (
	ERROR_SUCCESS           = Errno(0)
	ERROR_INVALID_HANDLE    = WSA_INVALID_HANDLE
	ERROR_NOT_ENOUGH_MEMORY = WSA_NOT_ENOUGH_MEMORY
	ERROR_INVALID_PARAMETER = WSA_INVALID_PARAMETER
	ERROR_OPERATION_ABORTED = WSA_OPERATION_ABORTED
	ERROR_IO_INCOMPLETE     = WSA_IO_INCOMPLETE
	ERROR_IO_PENDING        = WSA_IO_PENDING
	WAIT_TIMEOUT            = WSA_WAIT_TIMEOUT
)

// systemTable describes the system codes.
var systemTable = [...]errnoInfo{
	{ERROR_INVALID_FUNCTION, "ERROR_INVALID_FUNCTION", "Incorrect function", ERROR_INVALID_FUNCTION},
	{ERROR_FILE_NOT_FOUND, "ERROR_FILE_NOT_FOUND", "File not found", ERROR_FILE_NOT_FOUND},
	{ERROR_PATH_NOT_FOUND, "ERROR_PATH_NOT_FOUND", "Path not found", ERROR_PATH_NOT_FOUND},
	{ERROR_ACCESS_DENIED, "ERROR_ACCESS_DENIED", "Access is denied", ERROR_ACCESS_DENIED},
	{ERROR_NOT_READY, "ERROR_NOT_READY", "Device is not ready", ERROR_NOT_READY},
	{ERROR_BAD_COMMAND, "ERROR_BAD_COMMAND", "Command not recognized by the device", ERROR_BAD_COMMAND},
	{ERROR_SHARING_VIOLATION, "ERROR_SHARING_VIOLATION", "File is in use by another process", ERROR_SHARING_VIOLATION},
	{ERROR_HANDLE_EOF, "ERROR_HANDLE_EOF", "End of file reached", ERROR_HANDLE_EOF},
	{ERROR_NOT_SUPPORTED, "ERROR_NOT_SUPPORTED", "Request is not supported", ERROR_NOT_SUPPORTED},
	{ERROR_REM_NOT_LIST, "ERROR_REM_NOT_LIST", "Remote system is not listening", ERROR_REM_NOT_LIST},
	{ERROR_DUP_NAME, "ERROR_DUP_NAME", "Duplicate name on the network", ERROR_DUP_NAME},
	{ERROR_BAD_NETPATH, "ERROR_BAD_NETPATH", "Network path not found", ERROR_BAD_NETPATH},
	{ERROR_NETWORK_BUSY, "ERROR_NETWORK_BUSY", "Network is busy", ERROR_NETWORK_BUSY},
	{ERROR_BAD_NET_RESP, "ERROR_BAD_NET_RESP", "Server cannot perform the requested operation", ERROR_BAD_NET_RESP},
	{ERROR_UNEXP_NET_ERR, "ERROR_UNEXP_NET_ERR", "Unexpected network error", ERROR_UNEXP_NET_ERR},
	{ERROR_NETNAME_DELETED, "ERROR_NETNAME_DELETED", "Network name is no longer available", ERROR_NETNAME_DELETED},
	{ERROR_TOO_MANY_NAMES, "ERROR_TOO_MANY_NAMES", "Too many local network names", ERROR_TOO_MANY_NAMES},
	{ERROR_REQ_NOT_ACCEP, "ERROR_REQ_NOT_ACCEP", "No more connections are accepted at this time", ERROR_REQ_NOT_ACCEP},
	{ERROR_CALL_NOT_IMPLEMENTED, "ERROR_CALL_NOT_IMPLEMENTED", "Function is not supported on this system", ERROR_CALL_NOT_IMPLEMENTED},
	{ERROR_SEM_TIMEOUT, "ERROR_SEM_TIMEOUT", "Semaphore timeout period has expired", ERROR_SEM_TIMEOUT},
	{ERROR_ALREADY_EXISTS, "ERROR_ALREADY_EXISTS", "Object already exists", ERROR_ALREADY_EXISTS},
	{ERROR_PIPE_NOT_CONNECTED, "ERROR_PIPE_NOT_CONNECTED", "No process at the other end of the pipe", ERROR_PIPE_NOT_CONNECTED},
	{ERROR_MORE_DATA, "ERROR_MORE_DATA", "More data is available", ERROR_MORE_DATA},
	{ERROR_TOO_MANY_POSTS, "ERROR_TOO_MANY_POSTS", "Too many posts were made to the semaphore", ERROR_TOO_MANY_POSTS},
	{ERROR_MR_MID_NOT_FOUND, "ERROR_MR_MID_NOT_FOUND", "No message text for the message number", ERROR_MR_MID_NOT_FOUND},
	{ERROR_INVALID_ADDRESS, "ERROR_INVALID_ADDRESS", "Attempt to access an invalid address", ERROR_INVALID_ADDRESS},
	{ERROR_ABANDONED_WAIT_0, "ERROR_ABANDONED_WAIT_0", "Wait was abandoned", ERROR_ABANDONED_WAIT_0},
	{ERROR_NOACCESS, "ERROR_NOACCESS", "Invalid access to memory location", ERROR_NOACCESS},
	{ERROR_NOT_FOUND, "ERROR_NOT_FOUND", "Element not found", ERROR_NOT_FOUND},
	{ERROR_INVALID_NETNAME, "ERROR_INVALID_NETNAME", "Format of the network name is invalid", ERROR_INVALID_NETNAME},
	{ERROR_CONNECTION_REFUSED, "ERROR_CONNECTION_REFUSED", "Remote system refused the connection", ERROR_CONNECTION_REFUSED},
	{ERROR_GRACEFUL_DISCONNECT, "ERROR_GRACEFUL_DISCONNECT", "Connection was gracefully closed", ERROR_GRACEFUL_DISCONNECT},
	{ERROR_ADDRESS_ALREADY_ASSOCIATED, "ERROR_ADDRESS_ALREADY_ASSOCIATED", "Transport endpoint already has an address", ERROR_ADDRESS_ALREADY_ASSOCIATED},
	{ERROR_ADDRESS_NOT_ASSOCIATED, "ERROR_ADDRESS_NOT_ASSOCIATED", "Transport endpoint has no address yet", ERROR_ADDRESS_NOT_ASSOCIATED},
	{ERROR_CONNECTION_INVALID, "ERROR_CONNECTION_INVALID", "Operation on a nonexistent connection", ERROR_CONNECTION_INVALID},
	{ERROR_CONNECTION_ACTIVE, "ERROR_CONNECTION_ACTIVE", "Operation on an active connection", ERROR_CONNECTION_ACTIVE},
	{ERROR_NETWORK_UNREACHABLE, "ERROR_NETWORK_UNREACHABLE", "Network location cannot be reached", ERROR_NETWORK_UNREACHABLE},
	{ERROR_HOST_UNREACHABLE, "ERROR_HOST_UNREACHABLE", "Host cannot be reached", ERROR_HOST_UNREACHABLE},
	{ERROR_PROTOCOL_UNREACHABLE, "ERROR_PROTOCOL_UNREACHABLE", "Protocol is not supported by the remote system", ERROR_PROTOCOL_UNREACHABLE},
	{ERROR_PORT_UNREACHABLE, "ERROR_PORT_UNREACHABLE", "No service is operating at the port", ERROR_PORT_UNREACHABLE},
	{ERROR_REQUEST_ABORTED, "ERROR_REQUEST_ABORTED", "Request was aborted", ERROR_REQUEST_ABORTED},
	{ERROR_CONNECTION_ABORTED, "ERROR_CONNECTION_ABORTED", "Connection was aborted by the local system", ERROR_CONNECTION_ABORTED},
	{ERROR_HOST_DOWN, "ERROR_HOST_DOWN", "Remote system is not available", ERROR_HOST_DOWN},
	{ERROR_INVALID_WINDOW_HANDLE, "ERROR_INVALID_WINDOW_HANDLE", "Invalid window handle", ERROR_INVALID_WINDOW_HANDLE},
	{ERROR_WINDOW_OF_OTHER_THREAD, "ERROR_WINDOW_OF_OTHER_THREAD", "Window belongs to another thread", ERROR_WINDOW_OF_OTHER_THREAD},
	{ERROR_INVALID_THREAD_ID, "ERROR_INVALID_THREAD_ID", "Invalid thread identifier", ERROR_INVALID_THREAD_ID},
	{ERROR_NO_SYSTEM_RESOURCES, "ERROR_NO_SYSTEM_RESOURCES", "Insufficient system resources", ERROR_NO_SYSTEM_RESOURCES},
	{ERROR_WORKING_SET_QUOTA, "ERROR_WORKING_SET_QUOTA", "Insufficient quota for the working set", ERROR_WORKING_SET_QUOTA},
	{ERROR_PAGEFILE_QUOTA, "ERROR_PAGEFILE_QUOTA", "Insufficient quota for the paging file", ERROR_PAGEFILE_QUOTA},
	{ERROR_COMMITMENT_LIMIT, "ERROR_COMMITMENT_LIMIT", "Paging file is too small for the operation", ERROR_COMMITMENT_LIMIT},
	{ERROR_TIMEOUT, "ERROR_TIMEOUT", "Timeout period expired", ERROR_TIMEOUT},
	{ERROR_INVALID_USER_BUFFER, "ERROR_INVALID_USER_BUFFER", "Supplied buffer is not valid for the operation", ERROR_INVALID_USER_BUFFER},
	{ERROR_NOT_ENOUGH_QUOTA, "ERROR_NOT_ENOUGH_QUOTA", "Not enough quota for the command", ERROR_NOT_ENOUGH_QUOTA},
}
