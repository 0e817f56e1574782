! SPDX-License-Identifier: Apache-2.0
! overflow.f90 - as overflow.c, in Fortran, where rank 1 descends without end.

module tree
   implicit none
contains
   recursive integer function descend(depth) result(sum)
      integer, intent(in) :: depth
      integer, volatile :: node(64)

      node(1) = depth
      sum = descend(depth + 1) + node(1)
   end function
end module

program overflow
   use tree
   implicit none
   include 'mpif.h'
   integer :: rank, error

   call MPI_Init(error)
   call MPI_Comm_rank(MPI_COMM_WORLD, rank, error)
   call MPI_Barrier(MPI_COMM_WORLD, error)
   if (rank == 1) print *, descend(0)
   call MPI_Barrier(MPI_COMM_WORLD, error)
   call MPI_Finalize(error)
end program
